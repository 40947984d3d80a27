-- One row per refund event of an order at Klaviyo.
{{ config(materialized='view') }}
with
events as (
    {{ in_scope(ref('int_order_events__klaviyo'), 'int_orders__to_read', order_key()) | indent(4) }}
)

select
    organization_id,
    order_id,
    event_id as refund_id,
    cast(null as varchar) as reason,
    value_amount as amount,
    occurred_at as refunded_at
from events
where event_type = 'refunded' and order_id is not null
