-- One row per part of a campaign that has an interval: what all parts it is compared with say together.
with
parts as (
    select
        *,
        absolute_lift as effect,
        absolute_lift_standard_error as effect_standard_error
    from {{ ref('int_lift__cuts') }}
    where absolute_lift_standard_error > 0
),

{{ random_effects_steps('parts', 'organization_id, pool_id, metric, cut', 'campaign_id, cut_value') }},

pooled as (
    select
        organization_id,
        campaign_id,
        metric,
        cut,
        cut_value,
        cast(pool_size as bigint) as parts,
        between_variance,
        pooled_effect as pooled_lift,
        pooled_variance
    from with_pool
)

select * from pooled
