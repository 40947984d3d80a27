-- One row per recipient as assigned: what he or she ordered in the outcome window and in the placebo window.
-- Every assigned recipient is here, mailed, undelivered or held out (intention to treat).
with
recipients as (select * from {{ ref('int_recipients__as_assigned') }}),

identifiers as (
    select *
    from {{ ref('int_recipient_identifiers') }}
    where reading = 'as_assigned'
),

orders as (select * from {{ ref('int_lift__window_orders') }}),

per_recipient as (
    select
        organization_id,
        campaign_id,
        recipient_id,
        count(case when period = 'lift' then 1 end) as orders,
        sum(case when period = 'lift' then revenue_amount end) as revenue_amount,
        count(case when period = 'placebo' then 1 end) as placebo_orders,
        sum(case when period = 'placebo' then revenue_amount end) as placebo_revenue_amount
    from orders
    group by organization_id, campaign_id, recipient_id
),

outcomes as (
    select
        recipients.organization_id,
        recipients.campaign_id,
        recipients.recipient_id,
        identifiers.household_key,
        coalesce(per_recipient.orders, 0) as orders,
        coalesce(per_recipient.placebo_orders, 0) as placebo_orders,
        cast(coalesce(per_recipient.revenue_amount, 0) as decimal(18, 4)) as revenue_amount,
        cast(coalesce(per_recipient.placebo_revenue_amount, 0) as decimal(18, 4)) as placebo_revenue_amount,
        recipients.is_holdout,
        coalesce(per_recipient.orders, 0) > 0 as has_ordered,
        recipients.created_at
    from recipients
    inner join identifiers
        on recipients.organization_id = identifiers.organization_id
        and recipients.campaign_id = identifiers.campaign_id
        and recipients.recipient_id = identifiers.recipient_id
    left join per_recipient
        on recipients.organization_id = per_recipient.organization_id
        and recipients.campaign_id = per_recipient.campaign_id
        and recipients.recipient_id = per_recipient.recipient_id
)

select * from outcomes
