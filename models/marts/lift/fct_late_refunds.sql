-- One row per campaign and day (UTC) on which orders that lift counts were refunded after the outcome window: by how
-- much revenue per recipient has fallen since its window closed. An order is dated by its last refund.
with
counted as (select * from {{ ref('int_lift__counted_orders') }}),

orders as (
    select *
    from {{ ref('int_lift__countable_orders') }}
    where refunded_at is not null
),

outcomes as (select * from {{ ref('int_lift__outcomes') }}),

campaigns as (select * from {{ ref('int_campaigns') }}),

refunds as (
    select
        counted.organization_id,
        counted.campaign_id,
        counted.is_holdout,
        case
            when orders.currency = campaigns.currency then coalesce(orders.refunded_amount, 0) else 0
        end as refunded_amount,
        cast(orders.refunded_at as date) as refund_date
    from counted
    inner join orders
        on counted.organization_id = orders.organization_id
        and counted.order_id = orders.order_id
    inner join outcomes
        on counted.organization_id = outcomes.organization_id
        and counted.campaign_id = outcomes.campaign_id
        and counted.recipient_id = outcomes.recipient_id
    inner join campaigns
        on counted.organization_id = campaigns.organization_id
        and counted.campaign_id = campaigns.campaign_id
    where orders.refunded_at >= {{ add_days('outcomes.created_at', 'campaigns.in_home_days + campaigns.window_days') }}
),

late as (
    select
        organization_id,
        campaign_id,
        count(case when not is_holdout then 1 end) as treated_orders,
        count(case when is_holdout then 1 end) as holdout_orders,
        {{ total('case when is_holdout then 0 else refunded_amount end') }} as treated_refunded_amount,
        {{ total('case when is_holdout then refunded_amount else 0 end') }} as holdout_refunded_amount,
        refund_date
    from refunds
    group by organization_id, campaign_id, refund_date
)

select * from late
