-- One row per organization and kind of part (campaigns, segments of campaigns) with an organic share: their mean and
-- the variance between them.
with
shares as (
    select
        *,
        organic_share as effect,
        organic_share_standard_error as effect_standard_error
    from {{ ref('int_lift__organic_shares') }}
),

{{ random_effects_steps('shares', 'organization_id, cut', 'campaign_id, cut_value') }},

pools as (
    select
        organization_id,
        cut,
        cast(pool_size as bigint) as parts,
        between_variance,
        pooled_effect as pooled_share,
        pooled_variance,
        cast(pool_size - 2 as double) as degrees_of_freedom
    from with_pool
    where number_in_pool = 1
)

select * from pools
