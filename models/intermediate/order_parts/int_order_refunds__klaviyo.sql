-- One row per refund event of an order at Klaviyo.
{{ config(materialized='view') }}
with
events as (
    {{ in_scope(ref('int_order_events__named'), 'int_orders__to_read', order_key()) | indent(4) }}
)

select
    organization_id,
    order_id,
    event_id as refund_id,
    cast(null as varchar) as reason,
    -- the event itself says what could not be read
    cast(null as varchar) as unreadable_fields,
    value_amount as amount,
    is_held_back,
    occurred_at as refunded_at,
    loaded_at
from events
where event_type = 'refunded' and order_id is not null
