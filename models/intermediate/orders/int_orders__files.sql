-- One row per order that came by file, merged column by column. Orders that lack a required column wait.
{{ config(materialized='view') }}
{{ after('int_orders__to_read') }}
{% set texts = order_text_columns() %}
{% set columns = texts + order_amount_columns() + order_time_columns() + ['is_test'] %}

with
statements {{ inlined() }} (
    select *
    from {{ ref('stg_files__orders') }}
    where is_current
),

-- of most orders one row says all
said_at_once as (
    select
        {% for column in columns %}
        nullif({{ column }}, '') as {{ column }},
        {% endfor %}
        organization_id,
        order_id
    from statements
    where is_alone
),

in_order as (
    select
        *,
        {{ statement_order(['organization_id', 'order_id']) }} as statement_order
    from statements
    where not coalesce(is_alone, false)
),

merged as (
    select
        {% for column in columns %}
        {{ latest_value(column) }} as {{ column }},
        {% endfor %}
        organization_id,
        order_id
    from in_order
    group by organization_id, order_id
),

said as (
    select * from said_at_once
    union all
    select * from merged
),

orders as (
    select
        organization_id,
        order_id,
        'files' as provider,
        {{ texts | join(', ') }},
        {% for column in order_amount_columns() %}
        cast({{ column }} as decimal(18, 4)) as {{ column }},
        {% endfor %}
        {% for column in order_time_columns() %}
        cast({{ column }} as timestamp) as {{ column }},
        {% endfor %}
        coalesce(cast(is_test as boolean), false) as is_test
    from said
)

select * from orders
