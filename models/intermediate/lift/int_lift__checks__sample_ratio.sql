-- One row per campaign and step: the share of households held out against the designed one, in households, the unit of
-- the draw. No test where the designed share is unknown, or where fewer than five households are expected in an arm.
with
counts as (select * from {{ ref('int_lift__step_households') }}),

shares as (select * from {{ ref('int_lift__designed_shares') }}),

expected as (
    select
        counts.*,
        shares.designed_share,
        cast(counts.treated_count + counts.holdout_count as double) as households,
        least(shares.designed_share, 1 - shares.designed_share) as smaller_share
    from counts
    left join shares
        on counts.organization_id = shares.organization_id
        and counts.campaign_id = shares.campaign_id
),

statistics as (
    select
        *,
        case
            when households * smaller_share >= 5
                then power(holdout_count - households * designed_share, 2)
                    / (households * designed_share * (1 - designed_share))
        end as statistic
    from expected
),

checks as (
    select
        organization_id,
        campaign_id,
        'sample_ratio' as check_name,
        part,
        'households' as unit,
        treated_count,
        holdout_count,
        treated_count / nullif(households, 0) as treated_value,
        holdout_count / nullif(households, 0) as holdout_value,
        designed_share as expected_value,
        holdout_count / nullif(households, 0) - designed_share as difference,
        statistic,
        case when statistic is not null then 1e0 end as degrees_of_freedom,
        {{ chi_square_upper_tail('statistic', '1.0e0') }} as p_value,  -- noqa: PRS
        -- a ratio that is off by less than a fiftieth moves no lift worth speaking of
        0.02e0 * smaller_share as size_floor
    from statistics
)

select * from checks
