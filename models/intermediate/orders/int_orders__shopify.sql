-- One row per order at Shopify, as last updated.
{{ config(materialized='view') }}
{{ after('int_orders__to_read') }}
with
latest as (
    {{ of_latest_versions(ref('stg_shopify__orders'), ref('int_order_versions__latest'), 'shopify') | indent(4) }}
),

orders as (
    select
        organization_id,
        order_id,
        'shopify' as provider,
        unreadable_fields,
        {{ order_text_columns() | join(', ') }},
        {{ (order_amount_columns() + order_part_columns()) | join(', ') }},
        has_tax_in_prices,
        is_test,
        is_held_back,
        ordered_at,
        paid_at,
        fulfilled_at,
        refunded_at,
        cancelled_at,
        loaded_at
    from latest
)

select * from orders
