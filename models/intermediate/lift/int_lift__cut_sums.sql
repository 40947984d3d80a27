-- One row per part of a campaign by what was known at assignment (`cut`, `cut_value`) of which somebody ordered: sums
-- over households of what their members did in each arm.
{% set figures = cut_metrics().values() %}
with
-- asked once for each household, not for each of its products
households as (
    select
        *,
        {{ figures_are_small(arm_figures(figures)) }} as are_small
    from {{ ref('int_lift__household_outcomes') }}
),

sums as (
    select
        organization_id,
        campaign_id,
        {{ cut_name(lift_cuts()) }} as cut,
        {{ cut_value(lift_cuts()) }} as cut_value,
        {{ household_sums(figures, ratio_products(figures, 'recipients'), 'are_small') }}
    from households
    group by grouping sets (  -- noqa: PRS
        (organization_id, campaign_id, segment),
        (organization_id, campaign_id, has_bought_before),
        (organization_id, campaign_id, drop_date)
    )
)

select * from sums
