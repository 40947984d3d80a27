-- One row per refund of an order at Shopify, as the order stands now.
{{ config(materialized='view') }}
{{ after('int_orders__to_read') }}
with
refunds as (
    {{ of_latest_versions(
        ref('stg_shopify__refunds'), ref('int_order_versions__latest'), 'shopify'
    ) | indent(4) }}
)

select
    organization_id,
    order_id,
    refund_id,
    cast(null as varchar) as reason,
    unreadable_fields,
    amount,
    is_held_back,
    refunded_at,
    loaded_at
from refunds
