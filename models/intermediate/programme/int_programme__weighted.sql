-- One row per organization and metric: the mean of all households on its lists as they were mailed, against what it
-- would be had nobody been: the mean of those that no campaign mailed, each weighing the inverse of its chance not to
-- be (Hájek), with the variance of their difference by linearisation. Null where a share is unknown, where nobody was
-- left unmailed, and where too few of the households of one chance are to be expected so.
{% set all_classes, order = 'organization_id, metric', 'log_probability, is_never_mailed' %}
with
chances as (
    select
        *,
        exp(cast(log_probability as double)) as chance,
        {{ sum_in_order('households', all_classes ~ ', log_probability', 'is_never_mailed') }} as class_households
    from {{ ref('int_programme__classes') }}
),

classes as (
    select
        *,
        chance * class_households < 50 as is_too_rare,
        case when is_never_mailed and chance > 1e-100 then 1 / chance else 0 end as weight
    from chances
),

totals as (
    select
        *,
        {% for name, expression in {
            'n': 'households',
            'sum_y': 'y',
            'sum_yy': 'yy',
            'mailed': 'case when is_never_mailed then 0 else households end',
            'mailed_buyers': 'case when is_never_mailed then 0 else buyers end',
            'unmailed': 'case when is_never_mailed then households else 0 end',
            'unmailed_buyers': 'case when is_never_mailed then buyers else 0 end',
            'unknown': 'case when log_probability is null then households else 0 end',
            'too_rare': 'case when is_too_rare then households else 0 end',
            'w': 'weight * households',
            'wy': 'weight * y',
            'wyy': 'weight * yy',
            'ww': 'weight * weight * households',
            'wwy': 'weight * weight * y',
            'wwyy': 'weight * weight * yy',
        }.items() %}
        {{ sum_in_order(expression, all_classes, order) }} as {{ name }},
        {% endfor %}
        row_number() over (partition by {{ all_classes }} order by {{ order }}) as number_in_class
    from classes
),

means as (
    select
        *,
        sum_y / n as treated_mean,
        wy / nullif(w, 0) as holdout_mean
    from totals
    where number_in_class = 1
),

weighted as (
    select
        organization_id,
        metric,
        cast(mailed as bigint) as treated_households,
        cast(unmailed as bigint) as holdout_households,
        cast(mailed_buyers as bigint) as treated_buyers,
        cast(unmailed_buyers as bigint) as holdout_buyers,
        treated_mean,
        case when unknown = 0 and too_rare = 0 then holdout_mean end as holdout_mean,
        w * w / nullif(ww, 0) as effective_holdout_households,
        greatest(
            (sum_yy - n * treated_mean * treated_mean) / (n * n)
            + (wwyy - 2 * holdout_mean * wwy + holdout_mean * holdout_mean * ww) / (w * w)
            - 2 * (wyy - (treated_mean + holdout_mean) * wy + treated_mean * holdout_mean * w) / (n * w),
            0
        ) as variance,
        unknown > 0 as is_share_unknown,
        too_rare > 0 as is_without_positivity
    from means
)

select * from weighted
