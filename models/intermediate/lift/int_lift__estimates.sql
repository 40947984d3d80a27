-- One row per campaign, period, metric, estimator and part of the campaign: what may be said of its lift. With fewer
-- than five buyers in an arm the difference stands, but no interval around it would be honest. `lift_status` says why a
-- figure is null.
with
cautions as (select * from {{ ref('int_lift__cautions') }}),

assessed as (
    select
        {% for column in ['treated_mean', 'holdout_mean', 'absolute_lift', 'relative_lift'] %}
        case when not is_other_currency then {{ column }} end as known_{{ column }},
        {% endfor %}
        *,
        case
            when holdout_recipients = 0 then 'no_holdout'
            when treated_recipients = 0 then 'no_treated'
            when least(treated_buyers, holdout_buyers) < 5 then 'too_few_conversions'
            when is_other_currency then 'other_currency'
            when is_without_spread then 'no_spread'
            when is_open then 'window_open'
            when is_dominated then 'dominant_household'
            when is_heavy_tailed then 'heavy_tail'
            else 'ok'
        end as lift_status
    from cautions
),

bounded as (
    select
        *,
        case when lift_status in ({{ quoted(statuses_with_interval()) }}) then critical_t end as usable_t,
        case when lift_status in ({{ quoted(statuses_with_interval()) }}) then known_relative_lift end
            as usable_relative_lift,
        -- a ratio of what people ordered is no sum over people
        case when metric <> 'average_order_value' then treated_recipients end as summed_recipients
    from assessed
),

estimates as (
    select
        {{ (moment_key() + moment_counts()) | join(', ') }},
        known_treated_mean as treated_mean,
        known_holdout_mean as holdout_mean,
        known_absolute_lift as absolute_lift,
        case when usable_t is not null then absolute_lift_standard_error end as absolute_lift_standard_error,
        known_absolute_lift - usable_t * absolute_lift_standard_error as absolute_lift_ci_low,
        known_absolute_lift + usable_t * absolute_lift_standard_error as absolute_lift_ci_high,
        usable_relative_lift as relative_lift,
        case when usable_relative_lift is not null then relative_lift_standard_error end
            as relative_lift_standard_error,
        usable_relative_lift - usable_t * relative_lift_standard_error as relative_lift_ci_low,
        usable_relative_lift + usable_t * relative_lift_standard_error as relative_lift_ci_high,
        case when usable_t is not null then p_value end as p_value,
        usable_t as critical_t,
        degrees_of_freedom,
        treated_variance,
        holdout_variance,
        known_absolute_lift * summed_recipients as incremental_total,
        (known_absolute_lift - usable_t * absolute_lift_standard_error) * summed_recipients
            as incremental_total_ci_low,
        (known_absolute_lift + usable_t * absolute_lift_standard_error) * summed_recipients
            as incremental_total_ci_high,
        lift_status
    from bounded
),

noted as (
    select
        *,
        case
            when p_value < 0.05 and relative_lift_ci_low <= 0 and relative_lift_ci_high >= 0
                then 'The relative interval holds zero although p is under 0.05: trust the absolute lift.'
            when p_value >= 0.05 and (relative_lift_ci_low > 0 or relative_lift_ci_high < 0)
                then 'The relative interval leaves out zero although p is 0.05 or more: trust the absolute lift.'
        end as relative_lift_note
    from estimates
)

select * from noted
