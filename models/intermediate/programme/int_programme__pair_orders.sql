-- One row per pair of campaigns and household with orders that lift counts for both campaigns: how many, and their
-- revenue.
with
orders as (select * from {{ ref('int_programme__campaign_orders') }}),

shared as (
    select
        one.organization_id,
        one.campaign_id as first_campaign_id,
        other.campaign_id as second_campaign_id,
        one.household_key,
        count(*) as orders,
        {{ total('one.revenue_amount') }} as revenue
    from orders as one
    inner join orders as other
        on one.organization_id = other.organization_id
        and one.order_id = other.order_id
        and one.household_key = other.household_key
        and one.campaign_id < other.campaign_id
    group by one.organization_id, one.campaign_id, other.campaign_id, one.household_key
)

select * from shared
