-- One row per campaign and metric: the outcome of the mailed arm against that of the holdout, with its
-- interval. A figure that cannot be had is null and `lift_status` says why.
with
differences as (
    select *
    from {{ ref('int_lift__differences') }}
    where period = 'lift'
),

tests as (select * from {{ ref('int_lift__t_tests') }}),

campaigns as (select * from {{ ref('int_campaigns') }}),

assessed as (
    select
        differences.*,
        tests.p_value,
        tests.critical_t,
        case
            when differences.holdout_recipients = 0 then 'no_holdout'
            when differences.treated_recipients = 0 then 'no_treated'
            when least(differences.treated_buyers, differences.holdout_buyers) < 5 then 'too_few_conversions'
            when {{ add_days('differences.last_created_at', 'campaigns.in_home_days + campaigns.window_days') }}
                > {{ as_of() }} then 'window_open'
            else 'ok'
        end as lift_status
    from differences
    inner join campaigns
        on differences.organization_id = campaigns.organization_id
        and differences.campaign_id = campaigns.campaign_id
    left join tests
        on differences.organization_id = tests.organization_id
        and differences.campaign_id = tests.campaign_id
        and differences.period = tests.period
        and differences.metric = tests.metric
),

-- with fewer than five buyers in an arm the difference stands, but no interval around it would be honest
bounded as (
    select
        *,
        case when lift_status in ('ok', 'window_open') then critical_t end as usable_t,
        case when lift_status in ('ok', 'window_open') and critical_t is not null then relative_lift end
            as usable_relative_lift
    from assessed
),

lift as (
    select
        organization_id,
        campaign_id,
        metric,
        treated_recipients,
        holdout_recipients,
        treated_households,
        holdout_households,
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
        absolute_lift * treated_recipients as incremental_total,
        (absolute_lift - usable_t * absolute_lift_standard_error) * treated_recipients as incremental_total_ci_low,
        (absolute_lift + usable_t * absolute_lift_standard_error) * treated_recipients as incremental_total_ci_high,
        lift_status,
        'difference_in_means_household_clustered_t' as estimator
    from bounded
)

select * from lift
