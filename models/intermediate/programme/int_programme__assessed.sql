-- One row per organization with campaigns, metric and way of measuring all of its mail together, with what keeps its
-- figures from being believed.
{% set flags = [
    'is_share_unknown', 'is_without_positivity', 'is_without_comparison', 'is_other_currency', 'is_heavy_tailed',
] %}
{% set estimators = {
    'stacked_experiments': ('int_programme__stacked', flags[2:]),
    'global_holdout': ('int_programme__global', []),
    'inverse_probability': ('int_programme__weighted', flags[:2]),
} %}
with
organizations as (select distinct organization_id from {{ ref('int_campaigns') }}),

metrics as (
    {% for metric in programme_metrics() %}
    select '{{ metric }}' as metric
    {{ "union all" if not loop.last }}
    {% endfor %}
),

measured as (
    {% for estimator, (relation, known_flags) in estimators.items() %}
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
        measured.effective_holdout_households,
        {% for flag in flags %}
        {{ 'coalesce(measured.' ~ flag ~ ', false)' if flag in known_flags else 'false' }} as {{ flag }},
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
        not is_without_comparison and not is_other_currency as is_usable,
        case
            when is_share_unknown then 'unknown_share'
            when is_without_positivity then 'no_positivity'
            when holdout_households = 0 or is_without_comparison then 'no_holdout'
            when treated_households = 0 then 'no_treated'
            when least(treated_buyers, holdout_buyers) < 5 then 'too_few_conversions'
            when is_other_currency then 'other_currency'
            when variance = 0 then 'no_spread'
            when is_heavy_tailed then 'heavy_tail'
            else 'ok'
        end as lift_status
    from measured
)

select * from assessed
