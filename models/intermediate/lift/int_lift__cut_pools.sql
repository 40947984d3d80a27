-- One row per part of a campaign that has an interval: what all parts it is compared with say together. The variance of
-- the true lifts between them is DerSimonian and Laird's, their mean is weighted by what it and the errors leave.
{% set pool = 'organization_id, pool_id, metric, cut' %}
with
parts as (
    select
        *,
        power(absolute_lift_standard_error, -2) as weight
    from {{ ref('int_lift__cuts') }}
    where absolute_lift_standard_error > 0
),

weighed as (
    select
        *,
        {{ sum_in_order('1', pool, 'campaign_id, cut_value') }} as parts,
        {{ sum_in_order('weight', pool, 'campaign_id, cut_value') }} as weights,
        {{ sum_in_order('weight * weight', pool, 'campaign_id, cut_value') }} as squared_weights,
        {{ sum_in_order('weight * absolute_lift', pool, 'campaign_id, cut_value') }} as weighted_lifts,
        {{ sum_in_order('weight * absolute_lift * absolute_lift', pool, 'campaign_id, cut_value') }} as weighted_squares
    from parts
),

between_parts as (
    select
        *,
        greatest(
            (weighted_squares - weighted_lifts * weighted_lifts / weights - (parts - 1))
            / nullif(weights - squared_weights / weights, 0),
            0
        ) as between_variance
    from weighed
),

reweighed as (
    select
        *,
        1 / (power(absolute_lift_standard_error, 2) + coalesce(between_variance, 0)) as pooled_weight
    from between_parts
),

pooled as (
    select
        organization_id,
        campaign_id,
        metric,
        cut,
        cut_value,
        parts,
        coalesce(between_variance, 0) as between_variance,
        {{ sum_in_order('pooled_weight * absolute_lift', pool, 'campaign_id, cut_value') }}
        / {{ sum_in_order('pooled_weight', pool, 'campaign_id, cut_value') }} as pooled_lift,
        1 / {{ sum_in_order('pooled_weight', pool, 'campaign_id, cut_value') }} as pooled_variance
    from reweighed
)

select * from pooled
