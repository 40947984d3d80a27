-- One row per order line that came by file, merged column by column.
{{ config(materialized='view') }}
{{ after('int_orders__to_read') }}
{% set texts = order_line_text_columns() | reject('equalto', 'variant_id') | list %}
{% set fields = {
        'quantity': ['quantity', 'said_quantity', 'required'],
        'unit_price_amount': ['amount', 'said_unit_price_amount', 'required'],
        'discount_amount': ['amount', 'said_discount_amount', none],
        'subtotal_amount': ['amount', 'said_subtotal_amount', none],
} %}

with
statements as (
    select
        *,
        {{ statement_order(['organization_id', 'order_id', 'line_id']) }} as statement_order
    from {{ ref('stg_files__order_lines') }}
    where is_current
),

merged as (
    select
        {% for column in texts %}
        {{ latest_value(column) }} as {{ column }},
        {% endfor %}
        cast(null as varchar) as variant_id,
        {% for column in order_line_amount_columns() %}
        {{ latest_value(column) }} as said_{{ column }},
        {% endfor %}
        organization_id,
        order_id,
        line_id,
        max(loaded_at) as loaded_at
    from statements
    group by organization_id, order_id, line_id
),

typed as (
    {{ typed_rows('merged', fields) | indent(4) }}
)

select * from typed
