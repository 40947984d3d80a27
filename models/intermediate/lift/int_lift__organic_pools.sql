-- One row per organization and kind of part (campaigns, segments of campaigns) with an organic share: their mean and
-- the variance between them (DerSimonian and Laird).
{% set pool = 'organization_id, cut' %}
{% set order = 'campaign_id, cut_value' %}
with
shares as (
    select
        *,
        power(organic_share_standard_error, -2) as weight
    from {{ ref('int_lift__organic_shares') }}
),

weighed as (
    select
        *,
        {{ sum_in_order('1', pool, order) }} as parts,
        {{ sum_in_order('weight', pool, order) }} as weights,
        {{ sum_in_order('weight * weight', pool, order) }} as squared_weights,
        {{ sum_in_order('weight * organic_share', pool, order) }} as weighted_shares,
        {{ sum_in_order('weight * organic_share * organic_share', pool, order) }} as weighted_squares
    from shares
),

between_parts as (
    select
        *,
        coalesce(greatest(
            (weighted_squares - weighted_shares * weighted_shares / weights - (parts - 1))
            / nullif(weights - squared_weights / weights, 0),
            0
        ), 0) as between_variance
    from weighed
),

reweighed as (
    select
        *,
        1 / (power(organic_share_standard_error, 2) + between_variance) as pooled_weight
    from between_parts
),

pooled as (
    select
        organization_id,
        cut,
        parts,
        between_variance,
        {{ sum_in_order('pooled_weight * organic_share', pool, order) }}
        / {{ sum_in_order('pooled_weight', pool, order) }} as pooled_share,
        1 / {{ sum_in_order('pooled_weight', pool, order) }} as pooled_variance,
        row_number() over (partition by {{ pool }} order by {{ order }}) as number_in_pool
    from reweighed
),

pools as (
    select
        organization_id,
        cut,
        cast(parts as bigint) as parts,
        between_variance,
        pooled_share,
        pooled_variance,
        cast(parts - 2 as double) as degrees_of_freedom
    from pooled
    where number_in_pool = 1
)

select * from pools
