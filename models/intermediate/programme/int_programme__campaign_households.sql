-- One row per campaign and household with orders that lift counts: how many, and their revenue in the organization's
-- currency.
with
orders as (select * from {{ ref('int_programme__campaign_orders') }}),

per_household as (
    select
        organization_id,
        campaign_id,
        household_key,
        count(*) as orders,
        {{ total('revenue_amount') }} as revenue
    from orders
    group by organization_id, campaign_id, household_key
)

select * from per_household
