-- One row per campaign, default metric and day of the window that is over (`cut` day), and per campaign and metric to
-- date: the interval that holds on all days at once, however often one looks. A normal mixture over the variance of the
-- difference to date, tuned to be tightest where that is the variance of the placebo window, which was known at
-- assignment; null where nobody had ordered then.
{% set alpha = 0.05 %}
with
estimates as (
    select *
    from {{ ref('int_lift__estimates') }}
    where period = 'lift'
        and estimator = 'difference_in_means_household_clustered_t'
        and cut in ('campaign', 'day')
        and metric in ({{ quoted(lift_metrics()) }})
),

placebos as (
    select *
    from {{ ref('int_lift__differences') }}
    where period = 'placebo'
),

tuned as (
    select
        estimates.*,
        power(estimates.absolute_lift_standard_error, 2) as variance,
        power(placebos.absolute_lift_standard_error, 2)
        / (-2 * ln({{ alpha }}e0) + ln(1 - 2 * ln({{ alpha }}e0))) as mixture_variance
    from estimates
    left join placebos
        on estimates.organization_id = placebos.organization_id
        and estimates.campaign_id = placebos.campaign_id
        and estimates.metric = placebos.metric
),

widths as (
    select
        *,
        sqrt(
            (variance + mixture_variance)
            * (ln((variance + mixture_variance) / nullif(mixture_variance, 0)) - 2 * ln({{ alpha }}e0))
        ) as half_width
    from tuned
),

bands as (
    select
        {{ (moment_key() + moment_counts()) | reject('equalto', 'estimator') | join(', ') }},
        treated_mean,
        holdout_mean,
        absolute_lift,
        case when half_width is not null then absolute_lift_standard_error end as absolute_lift_standard_error,
        absolute_lift - half_width as absolute_lift_ci_low,
        absolute_lift + half_width as absolute_lift_ci_high,
        case when half_width is not null then relative_lift end as relative_lift,
        cast(null as double) as relative_lift_standard_error,
        cast(null as double) as relative_lift_ci_low,
        cast(null as double) as relative_lift_ci_high,
        cast(null as varchar) as relative_lift_note,
        case
            when half_width is not null
                then least(
                        1,
                        sqrt((variance + mixture_variance) / mixture_variance)
                        * exp(-absolute_lift * absolute_lift / 2 / (variance + mixture_variance))
                    )
        end as p_value,
        incremental_total,
        (absolute_lift - half_width) * treated_recipients as incremental_total_ci_low,
        (absolute_lift + half_width) * treated_recipients as incremental_total_ci_high,
        mixture_variance,
        lift_status,
        'always_valid_normal_mixture' as estimator
    from widths
)

select * from bands
