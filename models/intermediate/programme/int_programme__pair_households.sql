-- One row per pair of overlapping campaigns and household on both lists: its arms, and what it ordered in either
-- outcome window, each order once. Households with members in both arms of a campaign are left out.
with
households as (
    select
        organization_id,
        campaign_id,
        household_key,
        treated_recipients > 0 as is_treated
    from {{ ref('int_lift__households') }}
    where treated_recipients = 0 or holdout_recipients = 0
),

pairs as (select * from {{ ref('int_programme__pairs') }}),

ordered as (select * from {{ ref('int_programme__campaign_households') }}),

shared as (select * from {{ ref('int_programme__pair_orders') }}),

with_orders as (
    select
        households.*,
        coalesce(ordered.orders, 0) as orders,
        coalesce(ordered.revenue, 0) as revenue
    from households
    left join ordered
        on households.organization_id = ordered.organization_id
        and households.campaign_id = ordered.campaign_id
        and households.household_key = ordered.household_key
),

on_both as (
    select
        pairs.organization_id,
        pairs.first_campaign_id,
        pairs.second_campaign_id,
        one.household_key,
        one.orders + other.orders as orders,
        one.revenue + other.revenue as revenue,
        one.is_treated as is_first_treated,
        other.is_treated as is_second_treated
    from pairs
    inner join with_orders as one
        on pairs.organization_id = one.organization_id
        and pairs.first_campaign_id = one.campaign_id
    inner join with_orders as other
        on pairs.organization_id = other.organization_id
        and pairs.second_campaign_id = other.campaign_id
        and one.household_key = other.household_key
),

once as (
    select
        on_both.organization_id,
        on_both.first_campaign_id,
        on_both.second_campaign_id,
        on_both.orders - coalesce(shared.orders, 0) as orders,
        cast(on_both.revenue - coalesce(shared.revenue, 0) as {{ total_type() }}) as revenue,
        on_both.is_first_treated,
        on_both.is_second_treated
    from on_both
    left join shared
        on on_both.organization_id = shared.organization_id
        and on_both.first_campaign_id = shared.first_campaign_id
        and on_both.second_campaign_id = shared.second_campaign_id
        and on_both.household_key = shared.household_key
)

select * from once
