-- One row per campaign of which somebody ordered: sums over households of what their members did in each arm, and of
-- the products that the variances take.
with
-- asked once for each household, not for each of its products
households as (
    select
        *,
        {{ figures_are_small(arm_figures(household_figures())) }} as are_small
    from {{ ref('int_lift__household_outcomes') }}
),

sums as (
    select
        organization_id,
        campaign_id,
        {{ household_sums(household_figures(), lift_products(), 'are_small') }}
    from households
    group by organization_id, campaign_id
)

select * from sums
