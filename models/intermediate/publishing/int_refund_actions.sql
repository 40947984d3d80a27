-- One row per refund of a published order, with its part of the order's subtotal: in proportion, and so that refunds
-- of the whole total have the whole subtotal between them. An order that was refunded without an amount was refunded
-- whole.
{{ config(materialized='view') }}
with
orders as (select * from {{ ref('int_orders__published') }}),

told as (
    select
        refunds.organization_id,
        refunds.order_id,
        refunds.refund_id,
        refunds.reason,
        refunds.amount,
        refunds.refunded_at
    from {{ ref('int_order_refunds') }} as refunds
    where refunds.is_held_back is not true
    union all
    select
        organization_id,
        order_id,
        'whole' as refund_id,
        cast(null as varchar) as reason,
        total_amount as amount,
        refunded_at
    from orders
    where status = 'refunded' and refunded_amount is null and total_amount <> 0
),

sums as (
    select
        told.*,
        orders.total_amount,
        orders.subtotal_amount,
        orders.currency,
        cast(sum(told.amount) over (
            partition by told.organization_id, told.order_id
            order by told.refunded_at nulls last, told.refund_id
        ) as {{ total_type() }}) as refunded_so_far
    from told
    inner join orders
        on told.organization_id = orders.organization_id
        and told.order_id = orders.order_id
),

shares as (
    select
        *,
        {{ subtotal_share('refunded_so_far') }} as subtotal_so_far,
        {{ subtotal_share('refunded_so_far - amount') }} as subtotal_before
    from sums
)

select
    organization_id,
    order_id,
    refund_id,
    reason,
    amount,
    cast(subtotal_so_far - subtotal_before as decimal(18, 4)) as subtotal_amount,
    refunded_at
from shares
