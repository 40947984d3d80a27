-- One row per customer at Shopify whose orders a subscription app placed. They tell when a subscription was alive: from
-- the first of them until a billing period after the last.
with
orders as (select * from {{ ref('int_subscription_orders__shopify') }}),

subscribers as (
    select
        organization_id,
        'orders of ' || customer_id as subscription_id,
        customer_id,
        max(email) as email,
        min(ordered_at) as started_at,
        max(ordered_at) + interval '{{ var("subscription_order_gap_days") }}' day as ended_at
    from orders
    group by organization_id, customer_id
)

select * from subscribers
