-- One row per campaign and segment of households with orders, of those that lift counts for the mailed arm, that
-- redeemed a code of the campaign, and one per campaign for all of them.
with
counted as (
    select *
    from {{ ref('int_lift__counted_orders') }}
    where not is_holdout
),

uses as (
    select distinct
        organization_id,
        campaign_id,
        order_id
    from {{ ref('int_code_uses') }}
),

households as (select * from {{ ref('int_lift__households') }}),

redeemed as (
    select
        counted.organization_id,
        counted.campaign_id,
        households.segment,
        counted.revenue_amount
    from counted
    inner join uses
        on counted.organization_id = uses.organization_id
        and counted.campaign_id = uses.campaign_id
        and counted.order_id = uses.order_id
    inner join households
        on counted.organization_id = households.organization_id
        and counted.campaign_id = households.campaign_id
        and counted.household_key = households.household_key
),

totals as (
    select
        organization_id,
        campaign_id,
        {{ cut_name(['segment']) }} as cut,
        {{ cut_value(['segment']) }} as cut_value,
        count(*) as orders,
        {{ total('revenue_amount') }} as revenue_amount
    from redeemed
    group by grouping sets ((organization_id, campaign_id), (organization_id, campaign_id, segment))  -- noqa: PRS
)

select * from totals
