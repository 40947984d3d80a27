-- One row per organization and kind of part (campaigns, segments of campaigns) with an organic share: their mean, the variance
-- between them (DerSimonian and Laird), and the t of a predictive interval for one more (two degrees of freedom are spent:
-- on the mean and on that variance). No t with fewer than three.
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
        *,
        cast(parts - 2 as double) as degrees_of_freedom
    from pooled
    where number_in_pool = 1
),

of_three_or_more as (
    select
        organization_id,
        cut,
        degrees_of_freedom
    from pools
    where degrees_of_freedom >= 1
),

{{ student_t_quantile_steps('of_three_or_more', '0.05e0', z_95(), 'degrees_of_freedom', steps=2) }},

with_t as (
    select
        pools.organization_id,
        pools.cut,
        cast(pools.parts as bigint) as parts,
        pools.between_variance,
        pools.pooled_share,
        pools.pooled_variance,
        with_critical_t.critical_t
    from pools
    left join with_critical_t
        on pools.organization_id = with_critical_t.organization_id
        and pools.cut = with_critical_t.cut
)

select * from with_t
