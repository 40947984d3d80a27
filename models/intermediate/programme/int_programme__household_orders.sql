-- One row per organization and household that ordered in the outcome window of any campaign it is on the list of: each
-- order once, and revenue in the organization's currency.
with
once as (
    select distinct
        organization_id,
        household_key,
        order_id,
        revenue_amount
    from {{ ref('int_programme__campaign_orders') }}
),

per_household as (
    select
        organization_id,
        household_key,
        1 as buyers,
        count(*) as orders,
        {{ total('revenue_amount') }} as revenue
    from once
    group by organization_id, household_key
)

select * from per_household
