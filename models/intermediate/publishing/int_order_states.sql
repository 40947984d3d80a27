-- One row per published order: when each thing happened to it, by the order or else by the update that first told of
-- it, and what the refunds that have a time and an amount leave of it, which is what a cancellation takes.
{{ config(materialized='view') }}
with
orders as (select * from {{ ref('int_orders__published') }}),

observed as (select * from {{ ref('int_order_states__observed') }}),

refunded as (
    select
        organization_id,
        order_id,
        sum(amount) as amount,
        sum(subtotal_amount) as subtotal_amount
    from {{ ref('int_refund_actions') }}
    where refunded_at is not null and amount > 0
    group by organization_id, order_id
)

select
    orders.organization_id,
    orders.order_id,
    orders.status,
    orders.total_amount,
    orders.subtotal_amount,
    greatest(orders.total_amount - coalesce(refunded.amount, 0), 0) as left_amount,
    greatest(orders.subtotal_amount - coalesce(refunded.subtotal_amount, 0), 0) as left_subtotal_amount,
    orders.is_cancelled,
    orders.ordered_at,
    orders.paid_at,
    coalesce(orders.fulfilled_at, observed.fulfilled_at) as fulfilled_at,
    coalesce(orders.cancelled_at, observed.cancelled_at) as cancelled_at
from orders
left join observed
    on orders.organization_id = observed.organization_id
    and orders.order_id = observed.order_id
left join refunded
    on orders.organization_id = refunded.organization_id
    and orders.order_id = refunded.order_id
