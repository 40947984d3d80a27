-- One row per campaign, period, metric, estimator and part of the campaign: what may be said of its lift. With fewer
-- than five buyers in an arm the difference stands, but no interval around it would be honest. `lift_status` says why a
-- figure is null.
with
tests as (select * from {{ ref('int_lift__t_tests') }}),

campaigns as (select * from {{ ref('int_campaigns') }}),

dominated as (
    select
        organization_id,
        campaign_id,
        cut,
        cut_value
    from {{ ref('int_lift__sizes') }}
    where {{ effective_share('treated') }} < {{ least_effective_share() }}
        or {{ effective_share('holdout') }} < {{ least_effective_share() }}
),

assessed as (
    select
        tests.*,
        case
            when tests.holdout_recipients = 0 then 'no_holdout'
            when tests.treated_recipients = 0 then 'no_treated'
            when least(tests.treated_buyers, tests.holdout_buyers) < 5 then 'too_few_conversions'
            when tests.cut <> 'day'
                and {{ add_days('tests.last_created_at', 'campaigns.in_home_days + campaigns.window_days') }}
                > {{ as_of() }} then 'window_open'
            when dominated.campaign_id is not null then 'dominant_household'
            else 'ok'
        end as lift_status
    from tests
    inner join campaigns
        on tests.organization_id = campaigns.organization_id
        and tests.campaign_id = campaigns.campaign_id
    -- whoever is in a campaign is in it on each of its days
    left join dominated
        on tests.organization_id = dominated.organization_id
        and tests.campaign_id = dominated.campaign_id
        and case when tests.cut = 'day' then 'campaign' else tests.cut end = dominated.cut
        and case when tests.cut = 'day' then '(all)' else tests.cut_value end = dominated.cut_value
),

bounded as (
    select
        *,
        case when lift_status in ({{ quoted(statuses_with_interval()) }}) then critical_t end as usable_t,
        case
            when lift_status in ({{ quoted(statuses_with_interval()) }}) and critical_t is not null then relative_lift
        end as usable_relative_lift,
        -- a ratio of what people ordered is no sum over people
        case when metric <> 'average_order_value' then treated_recipients end as summed_recipients
    from assessed
),

estimates as (
    select
        {{ (moment_key() + moment_counts()) | join(', ') }},
        treated_mean,
        holdout_mean,
        absolute_lift,
        case when usable_t is not null then absolute_lift_standard_error end as absolute_lift_standard_error,
        absolute_lift - usable_t * absolute_lift_standard_error as absolute_lift_ci_low,
        absolute_lift + usable_t * absolute_lift_standard_error as absolute_lift_ci_high,
        usable_relative_lift as relative_lift,
        case when usable_relative_lift is not null then relative_lift_standard_error end
            as relative_lift_standard_error,
        usable_relative_lift - usable_t * relative_lift_standard_error as relative_lift_ci_low,
        usable_relative_lift + usable_t * relative_lift_standard_error as relative_lift_ci_high,
        case when usable_t is not null then p_value end as p_value,
        usable_t as critical_t,
        degrees_of_freedom,
        absolute_lift * summed_recipients as incremental_total,
        (absolute_lift - usable_t * absolute_lift_standard_error) * summed_recipients as incremental_total_ci_low,
        (absolute_lift + usable_t * absolute_lift_standard_error) * summed_recipients as incremental_total_ci_high,
        lift_status
    from bounded
)

select * from estimates
