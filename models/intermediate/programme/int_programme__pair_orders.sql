-- One row per pair of overlapping campaigns and household: what it ordered in either outcome window, each order once.
with
pairs as (select * from {{ ref('int_programme__pairs') }}),

orders as (select * from {{ ref('int_programme__campaign_orders') }}),

once as (
    select distinct
        pairs.organization_id,
        pairs.first_campaign_id,
        pairs.second_campaign_id,
        orders.household_key,
        orders.order_id,
        orders.revenue_amount
    from pairs
    inner join orders
        on pairs.organization_id = orders.organization_id
        and orders.campaign_id in (pairs.first_campaign_id, pairs.second_campaign_id)
),

outcomes as (
    select
        organization_id,
        first_campaign_id,
        second_campaign_id,
        household_key,
        1 as buyers,
        count(*) as orders,
        cast(sum(revenue_amount) as decimal(18, 4)) as revenue
    from once
    group by organization_id, first_campaign_id, second_campaign_id, household_key
)

select * from outcomes
