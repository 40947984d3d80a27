-- One row per order whose refunds cannot be right: nobody knows the order, or more was paid back than it cost. Both
-- count as they stand.
with
refunded as (
    select
        organization_id,
        order_id,
        provider,
        count(*) as refunds,
        max(loaded_at) as last_seen_at
    from {{ ref('int_order_refunds') }}
    where not is_held_back
    group by organization_id, order_id, provider
),

orders as (
    select
        organization_id,
        order_id,
        provider,
        total_amount,
        refunded_amount
    from {{ ref('int_orders__unioned') }}
),

unreadable as (select * from {{ ref('int_orders__unreadable') }}),

odd as (
    select
        refunded.organization_id,
        refunded.order_id,
        refunded.provider,
        case when orders.order_id is null then 'no_such_order' else 'more_than_total' end as problem,
        refunded.refunds,
        refunded.last_seen_at
    from refunded
    left join orders
        on refunded.organization_id = orders.organization_id
        and refunded.order_id = orders.order_id
    left join unreadable
        on refunded.organization_id = unreadable.organization_id
        and refunded.order_id = unreadable.order_id
    where (orders.order_id is null and unreadable.order_id is null) or orders.refunded_amount > orders.total_amount
)

select * from odd
