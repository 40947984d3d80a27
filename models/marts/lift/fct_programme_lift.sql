-- One row per organization with campaigns, metric and way of measuring: what all of its mail together brought in, per
-- household. `stacked_experiments`, the default, adds up what each campaign's own experiment found; `global_holdout`
-- compares with the households that are never mailed; `inverse_probability` with those that no campaign happened to
-- mail, weighted by the inverse of the chance of that.
with
assessed as (select * from {{ ref('int_programme__assessed') }}),

with_errors as (
    select
        *,
        case when is_usable then treated_mean end as known_treated_mean,
        case when is_usable then holdout_mean end as known_holdout_mean,
        case when is_usable then treated_mean - holdout_mean end as absolute_lift,
        case when lift_status in ({{ quoted(statuses_with_interval()) }}) then sqrt(variance) end
            as absolute_lift_standard_error
    from assessed
),

lift as (
    select
        organization_id,
        metric,
        treated_households,
        holdout_households,
        effective_holdout_households,
        known_treated_mean as treated_mean,
        known_holdout_mean as holdout_mean,
        absolute_lift,
        absolute_lift_standard_error,
        absolute_lift - {{ z_95() }} * absolute_lift_standard_error as absolute_lift_ci_low,
        absolute_lift + {{ z_95() }} * absolute_lift_standard_error as absolute_lift_ci_high,
        2 * {{ normal_upper_tail('abs(absolute_lift / absolute_lift_standard_error)') }} as p_value,
        lift_status,
        estimator = 'stacked_experiments' as is_default,
        estimator
    from with_errors
)

select * from lift
