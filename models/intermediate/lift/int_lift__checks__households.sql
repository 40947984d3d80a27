-- One row per campaign with recipients: by how much the effective number of an arm's households falls short of how many
-- there are, in the arm where it does so more. One household with most of an arm's recipients leaves an arm of one.
with
sizes as (
    select *
    from {{ ref('int_lift__sizes') }}
    where cut = 'campaign' and treated_recipients + holdout_recipients > 0
),

shares as (
    select
        organization_id,
        campaign_id,
        treated_households,
        holdout_households,
        {{ effective_share('treated') }} as treated_share,
        {{ effective_share('holdout') }} as holdout_share
    from sizes
),

checks as (
    select
        organization_id,
        campaign_id,
        'dominant_household' as check_name,
        'effective_households' as part,
        'households' as unit,
        treated_households as treated_count,
        holdout_households as holdout_count,
        treated_share as treated_value,
        holdout_share as holdout_value,
        1e0 as expected_value,
        1 - least(coalesce(treated_share, 1), coalesce(holdout_share, 1)) as difference,
        cast(null as double) as statistic,
        cast(null as double) as degrees_of_freedom,
        cast(null as double) as p_value,
        1 - {{ least_effective_share() }} as size_floor
    from shares
)

select * from checks
