-- One row per order event of Omnisend: `placed order`, `paid for order`, `order fulfilled`, `order canceled`, one
-- `order refunded` per refund and one `ordered product` per line. It has the order's facts alone, and its states as the
-- action itself makes them, whatever else has happened by then: an event is never changed.
{% set payload = [
        'event_name', 'event_id', 'order_number', 'email', 'phone_number', 'currency', 'payment_status',
        'fulfillment_status', 'discount_codes', 'shipping_address', 'billing_address', 'lines', 'total_amount',
        'subtotal_amount', 'discount_amount', 'shipping_amount', 'tax_amount', 'refunded_amount', 'ordered_at',
] %}

with
orders as (
    select
        *,
        {{ omnisend_address('ship_') }} as shipping_address,
        {{ omnisend_address('bill_') }} as billing_address
    from {{ ref('int_orders__published') }}
    where {{ publishes_to('omnisend') }}
),

facts as (
    select
        events.organization_id,
        events.order_id,
        events.event_name,
        events.part_id,
        orders.order_number,
        orders.email,
        orders.phone_number,
        orders.currency,
        case
            when events.event_name in ('placed order', 'ordered product') then 'awaitingPayment'
            when events.event_name = 'order canceled' then 'voided'
            when events.refunded_amount >= orders.total_amount then 'refunded'
            when events.refunded_amount is not null then 'partiallyRefunded'
            else 'paid'
        end as payment_status,
        case when events.event_name = 'order fulfilled' then 'fulfilled' else 'unfulfilled' end as fulfillment_status,
        orders.discount_codes,
        orders.shipping_address,
        orders.billing_address,
        events.lines,
        orders.is_negative,
        orders.total_amount,
        orders.subtotal_amount,
        orders.discount_amount,
        orders.shipping_amount,
        orders.tax_amount,
        events.refunded_amount,
        orders.ordered_at,
        events.occurred_at
    from {{ ref('int_order_events__omnisend') }} as events
    inner join orders
        on events.organization_id = orders.organization_id
        and events.order_id = orders.order_id
),

keyed as (
    select
        *,
        {{ sync_key('order_event', ['order_id', 'event_name', "coalesce(part_id, '')"]) }} as sync_key,
        case
            when event_name <> 'placed order'
                then {{ sync_key('order_event', ['order_id', "'placed order'", "''"]) }}
        end as depends_on_key,
        cast(null as varchar) as carried_by_key,
        case
            when occurred_at is null then 'no_time'
            when is_negative or refunded_amount < 0 then 'negative_amount'
        end as reject_reason,
        case when event_name = 'placed order' then 1 else 2 end as send_order,
        {{ uuid5(omnisend_namespace(), 'sync_key') }} as event_id
    from facts
),

rows_to_sync as (
    {{ sync_rows('keyed', payload) | indent(4) }}
)

select * from rows_to_sync
