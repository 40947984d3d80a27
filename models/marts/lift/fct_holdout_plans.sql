-- One row per campaign with an interval, metric and share that could be held out of its list, were it mailed again: the
-- power to see the lift that it had, and the smallest lift that is seen four times out of five.
with
histories as (select * from {{ ref('int_plan__histories') }}),

shares as (select * from {{ ref('int_plan__shares') }}),

errors as (
    select
        histories.*,
        shares.holdout_share,
        sqrt(
            histories.treated_variance_per_recipient / (histories.recipients * (1 - shares.holdout_share))
            + histories.holdout_variance_per_recipient / (histories.recipients * shares.holdout_share)
        ) as standard_error
    from histories
    cross join shares
),

plans as (
    select
        organization_id,
        campaign_id,
        metric,
        holdout_share,
        recipients,
        household_design_effect,
        treated_variance_per_recipient,
        holdout_variance_per_recipient,
        holdout_mean,
        absolute_lift as assumed_lift,
        standard_error,
        {{ two_sided_power('absolute_lift / standard_error') }} as power,
        {{ detectable_z() }} * standard_error as smallest_detectable_lift,
        {{ detectable_z() }} * standard_error / nullif(holdout_mean, 0) as smallest_detectable_relative_lift
    from errors
)

select * from plans
