-- One row per organization with campaigns, metric and way of measuring: what all of its mail together brought in, per
-- household. `global_holdout` compares with the households that are never mailed; `inverse_probability` with those that
-- no campaign happened to mail, weighted by the inverse of the chance of that.
with
organizations as (select distinct organization_id from {{ ref('int_campaigns') }}),

metrics as (
    {% for metric in programme_metrics() %}
    select '{{ metric }}' as metric
    {{ "union all" if not loop.last }}
    {% endfor %}
),

measured as (
    {% for estimator, relation in [
        ('global_holdout', 'int_programme__global'), ('inverse_probability', 'int_programme__weighted'),
    ] %}
    select
        organizations.organization_id,
        metrics.metric,
        coalesce(measured.treated_households, 0) as treated_households,
        coalesce(measured.holdout_households, 0) as holdout_households,
        measured.treated_buyers,
        measured.holdout_buyers,
        measured.treated_mean,
        measured.holdout_mean,
        measured.variance,
        {% for flag in ['is_share_unknown', 'is_without_positivity'] %}
        {{ 'coalesce(measured.' ~ flag ~ ', false)' if relation == 'int_programme__weighted' else 'false' }}
            as {{ flag }},
        {% endfor %}
        '{{ estimator }}' as estimator
    from organizations
    cross join metrics
    left join {{ ref(relation) }} as measured
        on organizations.organization_id = measured.organization_id
        and metrics.metric = measured.metric
    {{ "union all" if not loop.last }}
    {% endfor %}
),

assessed as (
    select
        *,
        treated_mean - holdout_mean as absolute_lift,
        case
            when is_share_unknown then 'unknown_share'
            when is_without_positivity then 'no_positivity'
            when holdout_households = 0 then 'no_holdout'
            when treated_households = 0 then 'no_treated'
            when least(treated_buyers, holdout_buyers) < 5 then 'too_few_conversions'
            else 'ok'
        end as lift_status
    from measured
),

with_errors as (
    select
        *,
        case when lift_status = 'ok' then nullif(sqrt(variance), 0) end as absolute_lift_standard_error
    from assessed
),

lift as (
    select
        organization_id,
        metric,
        treated_households,
        holdout_households,
        treated_mean,
        holdout_mean,
        absolute_lift,
        absolute_lift_standard_error,
        absolute_lift - {{ z_95() }} * absolute_lift_standard_error as absolute_lift_ci_low,
        absolute_lift + {{ z_95() }} * absolute_lift_standard_error as absolute_lift_ci_high,
        2 * {{ normal_upper_tail('abs(absolute_lift / absolute_lift_standard_error)') }} as p_value,
        lift_status,
        estimator
    from with_errors
)

select * from lift
