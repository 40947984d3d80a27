-- One row per campaign and counted order that the veto `active_subscription` keeps out of credit: it is only ever put
-- on the mailed arm's orders by address of active subscribers.
with
counted as (select * from {{ ref('int_lift__counted_orders') }}),

vetoed as (
    select distinct
        organization_id,
        order_id,
        campaign_id,
        recipient_id
    from {{ ref('fct_match_candidates') }}
    where veto_reason = 'active_subscription'
),

changes as (
    select
        counted.organization_id,
        counted.campaign_id,
        counted.match_key,
        counted.household_key,
        counted.order_id,
        -1 as orders,
        -counted.revenue_amount as revenue_amount,
        counted.is_holdout
    from counted
    inner join vetoed
        on counted.organization_id = vetoed.organization_id
        and counted.order_id = vetoed.order_id
        and counted.campaign_id = vetoed.campaign_id
        and counted.recipient_id = vetoed.recipient_id
    -- who was found by e-mail is not kept out
    where counted.match_key = 'address'
)

select * from changes
