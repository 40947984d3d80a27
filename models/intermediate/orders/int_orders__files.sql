-- One row per order that came by file, merged column by column. Orders that lack a required column wait.
{{ config(materialized='view') }}
{{ after('int_orders__to_read') }}
{% set texts = order_text_columns() %}
{% set fields = {'is_test': ['flag', 'said_is_test', 'decisive']} %}
{% for column in order_amount_columns() %}
{% do fields.update({
        column: ['amount', 'said_' ~ column, {'total_amount': 'required', 'refunded_amount': 'decisive'}.get(column)]
}) %}
{% endfor %}
{% for column in order_time_columns() %}
{% do fields.update({
        column: ['time', 'said_' ~ column, {'ordered_at': 'required', 'cancelled_at': 'decisive'}.get(column)]
}) %}
{% endfor %}

with
statements {{ inlined() }} (
    select *
    from {{ ref('stg_files__orders') }}
    where is_current
),

-- of most orders one row says all
said_at_once as (
    select
        {% for column in texts %}
        nullif({{ column }}, '') as {{ column }},
        {% endfor %}
        {% for column in fields %}
        nullif({{ column }}, '') as said_{{ column }},
        {% endfor %}
        organization_id,
        order_id,
        loaded_at
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
        {% for column in texts %}
        {{ latest_value(column) }} as {{ column }},
        {% endfor %}
        {% for column in fields %}
        {{ latest_value(column) }} as said_{{ column }},
        {% endfor %}
        organization_id,
        order_id,
        max(loaded_at) as loaded_at
    from in_order
    group by organization_id, order_id
),

said as (
    select * from said_at_once
    union all
    select * from merged
),

typed as (
    {{ typed_rows('said', fields) | indent(4) }}
),

orders as (
    select
        organization_id,
        order_id,
        'files' as provider,
        {{ texts | join(', ') }},
        unreadable_fields,
        {{ (order_amount_columns() + order_time_columns()) | join(', ') }},
        {{ order_parts({'goods_amount': 'subtotal_amount'}) | indent(8) }},
        coalesce(is_test, false) as is_test,
        is_held_back,
        loaded_at
    from typed
)

select * from orders
