-- One row per order line that came by file, merged column by column.
{{ config(materialized='view') }}
{{ after('int_orders__to_read') }}
{% set texts = order_line_text_columns() | reject('equalto', 'variant_id') | list %}

with
statements as (
    select
        *,
        {{ statement_order(['organization_id', 'order_id', 'line_id']) }} as statement_order
    from {{ ref('stg_files__order_lines') }}
    where is_current
),

lines as (
    select
        {% for column in texts %}
        {{ latest_value(column) }} as {{ column }},
        {% endfor %}
        cast(null as varchar) as variant_id,
        {% for column in order_line_amount_columns() %}
        cast({{ latest_value(column) }} as decimal(18, 4)) as {{ column }},
        {% endfor %}
        organization_id,
        order_id,
        line_id
    from statements
    group by organization_id, order_id, line_id
)

select * from lines
