-- One row per order at Ometria, as last updated. When it was paid, cancelled or refunded Ometria does not say.
{{ config(materialized='view') }}
{{ after('int_orders__to_read') }}
with
latest as (
    {{ of_latest_versions(ref('stg_ometria__orders'), ref('int_order_versions__latest'), 'ometria') | indent(4) }}
),

orders as (
    select
        organization_id,
        order_id,
        'ometria' as provider,
        unreadable_fields,
        {{ order_text_columns() | join(', ') }},
        {{ (order_amount_columns() + order_part_columns()) | join(', ') }},
        has_tax_in_prices,
        false as is_test,
        is_held_back,
        ordered_at,
        cast(null as timestamp) as paid_at,
        cast(null as timestamp) as fulfilled_at,
        cast(null as timestamp) as refunded_at,
        cast(null as timestamp) as cancelled_at,
        loaded_at
    from latest
)

select * from orders
