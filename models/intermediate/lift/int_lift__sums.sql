-- One row per campaign of which somebody ordered: sums over households of what their members did in each arm, and of
-- the products that the variances take.
with
households as (select * from {{ ref('int_lift__household_outcomes') }}),

sums as (
    select
        organization_id,
        campaign_id,
        {{ household_sums(household_figures(), lift_products()) }}
    from households
    group by organization_id, campaign_id
)

select * from sums
