-- One row per campaign whose households are of several segments: whether both arms have the same mix of them. Segments
-- of which fewer than five held-out or mailed households are expected are taken together. Size is Cramér's V.
with
segments as (
    select *
    from {{ ref('int_lift__sizes') }}
    where cut = 'segment'
),

campaigns as (
    select
        organization_id,
        campaign_id,
        cast(sum(treated_households) as double) as treated_all,
        cast(sum(holdout_households) as double) as holdout_all
    from segments
    group by organization_id, campaign_id
),

pooled as (
    select
        segments.organization_id,
        segments.campaign_id,
        case
            when (segments.treated_households + segments.holdout_households)
                * least(campaigns.treated_all, campaigns.holdout_all)
                < 5 * (campaigns.treated_all + campaigns.holdout_all) then '(rare)'
            else segments.cut_value
        end as segment,
        max(campaigns.treated_all) as treated_all,
        max(campaigns.holdout_all) as holdout_all,
        sum(segments.treated_households) as treated_households,
        sum(segments.holdout_households) as holdout_households
    from segments
    inner join campaigns
        on segments.organization_id = campaigns.organization_id
        and segments.campaign_id = campaigns.campaign_id
    where campaigns.treated_all > 0 and campaigns.holdout_all > 0
    group by segments.organization_id, segments.campaign_id, segment
),

-- for two arms the statistic is a sum over segments of one square each
statistics as (
    select
        organization_id,
        campaign_id,
        max(treated_all) as treated_all,
        max(holdout_all) as holdout_all,
        cast(count(*) - 1 as double) as degrees_of_freedom,
        sum(cast(
            power(treated_households * holdout_all - holdout_households * treated_all, 2)
            / ((treated_households + holdout_households) * treated_all * holdout_all) as decimal(28, 10)
        )) as statistic
    from pooled
    group by organization_id, campaign_id
),

checks as (
    select
        organization_id,
        campaign_id,
        'balance' as check_name,
        'segment' as part,
        'households' as unit,
        cast(treated_all as bigint) as treated_count,
        cast(holdout_all as bigint) as holdout_count,
        cast(null as double) as treated_value,
        cast(null as double) as holdout_value,
        cast(null as double) as expected_value,
        sqrt(cast(statistic as double) / (treated_all + holdout_all)) as difference,
        cast(statistic as double) as statistic,
        degrees_of_freedom,
        {{ chi_square_upper_tail('cast(statistic as double)', 'degrees_of_freedom') }} as p_value,  -- noqa: PRS
        0.05e0 as size_floor
    from statistics
    -- beyond 200 the distribution function is not precise
    where degrees_of_freedom between 1 and 200
)

select * from checks
