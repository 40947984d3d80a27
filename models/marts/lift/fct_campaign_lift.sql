-- One row per campaign and metric: the outcome of the mailed arm against that of the holdout, with its
-- interval. A figure that cannot be had is null and `lift_status` says why.
with
estimates as (
    select *
    from {{ ref('int_lift__estimates') }}
    where period = 'lift'
        and cut = 'campaign'
        and estimator = 'difference_in_means_household_clustered_t'
        and metric in ({{ quoted(lift_metrics()) }})
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
        absolute_lift_standard_error,
        absolute_lift_ci_low,
        absolute_lift_ci_high,
        relative_lift,
        relative_lift_standard_error,
        relative_lift_ci_low,
        relative_lift_ci_high,
        relative_lift_note,
        p_value,
        incremental_total,
        incremental_total_ci_low,
        incremental_total_ci_high,
        lift_status,
        estimator
    from estimates
)

select * from lift
