-- One row per campaign, metric and day of the window that is over for all of its recipients: the lift by the end of
-- that day. Beside the interval for a day fixed beforehand stands the band that holds on all days at once.
with
estimates as (
    select *
    from {{ ref('int_lift__estimates') }}
    where cut = 'day'
),

bands as (
    select *
    from {{ ref('int_lift__bands') }}
    where cut = 'day'
),

curve as (
    select
        estimates.organization_id,
        estimates.campaign_id,
        estimates.metric,
        estimates.days_since_window_start,
        estimates.treated_mean,
        estimates.holdout_mean,
        estimates.absolute_lift,
        estimates.absolute_lift_standard_error,
        estimates.absolute_lift_ci_low,
        estimates.absolute_lift_ci_high,
        bands.absolute_lift_ci_low as band_low,
        bands.absolute_lift_ci_high as band_high,
        bands.p_value as always_valid_p_value,
        estimates.lift_status
    from estimates
    inner join bands
        on estimates.organization_id = bands.organization_id
        and estimates.campaign_id = bands.campaign_id
        and estimates.metric = bands.metric
        and estimates.cut_value = bands.cut_value
)

select * from curve
