-- One row per campaign: both arms side by side, with the lift's interval in per cent.
select
    organization_id,
    campaign_id,
    treated_recipients,
    holdout_recipients,
    round(100 * treated_mean, 2) as treated_conversion_percent,
    round(100 * holdout_mean, 2) as holdout_conversion_percent,
    round(100 * relative_lift, 1) as relative_lift_percent,
    round(100 * relative_lift_ci_low, 1) as relative_lift_low_percent,
    round(100 * relative_lift_ci_high, 1) as relative_lift_high_percent,
    relative_lift_note,
    p_value,
    lift_status
from {{ ref('fct_campaign_lift') }}
where metric = 'conversion_rate'
order by organization_id, treated_recipients desc
