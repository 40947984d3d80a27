-- One row per order event of ODP: a purchase, a refund or a cancellation, with the order's facts alone. ODP subtracts
-- the amounts of the last two, and knows no currency: an order in another one than the organization's is rejected. A
-- refund waits for its purchase, a cancellation too, and it comes after all refunds; a refund that is told after the
-- cancellation was sent was subtracted with it (`carried_by_key`).
{% set payload = [
        'action', 'email', 'phone_number', 'customer_id', 'coupon_code', 'ship_address', 'bill_address', 'lines',
        'total_amount', 'subtotal_amount', 'discount_amount', 'shipping_amount', 'tax_amount',
] %}

with
orders as (
    select *
    from {{ ref('int_orders__published') }}
    where {{ publishes_to('odp') }}
),

actions as (
    select *
    from {{ ref('int_order_actions') }}
    where action in ('placed', 'refunded', 'cancelled')
),

facts as (
    select
        actions.organization_id,
        actions.order_id,
        actions.refund_id,
        case actions.action when 'placed' then 'purchase' when 'refunded' then 'refund' else 'cancel' end as action,
        actions.email,
        actions.phone_number,
        actions.customer_id,
        case when actions.action = 'placed' then replace(orders.discount_codes, '|', ',') end as coupon_code,
        case when actions.action = 'placed' then {{ odp_address('orders.ship_') }} end as ship_address,
        case when actions.action = 'placed' then {{ odp_address('orders.bill_') }} end as bill_address,
        case when actions.action = 'placed' then actions.lines end as lines,
        actions.total_amount,
        actions.subtotal_amount,
        case when actions.action = 'placed' then actions.discount_amount end as discount_amount,
        -- of a cancelled order nothing remains of these; of a refunded one nobody says what does
        case actions.action when 'placed' then actions.shipping_amount when 'cancelled' then 0 end as shipping_amount,
        case actions.action when 'placed' then actions.tax_amount when 'cancelled' then 0 end as tax_amount,
        orders.is_cancelled,
        orders.is_negative,
        orders.currency <> orders.organization_currency as is_other_currency,
        actions.occurred_at
    from actions
    inner join orders
        on actions.organization_id = orders.organization_id
        and actions.order_id = orders.order_id
),

keyed as (
    select
        *,
        {{ sync_key('order_event', ['order_id', 'action', "coalesce(refund_id, '')"]) }} as sync_key,
        case when action <> 'purchase' then {{ sync_key('order_event', ['order_id', "'purchase'", "''"]) }} end
            as depends_on_key,
        case
            when action = 'refund' and is_cancelled
                then {{ sync_key('order_event', ['order_id', "'cancel'", "''"]) }}
        end as carried_by_key,
        case
            when occurred_at is null then 'no_time'
            when is_other_currency then 'other_currency'
            when is_negative or total_amount < 0 then 'negative_amount'
        end as reject_reason,
        case action when 'purchase' then 1 when 'refund' then 2 else 3 end as send_order
    from facts
),

rows_to_sync as (
    {{ sync_rows('keyed', payload) | indent(4) }}
)

select * from rows_to_sync
