-- One row per campaign, period, metric, estimator and part of the campaign: the sums over households from which the
-- estimate follows.
{{ config(materialized='view') }}
with
moments as (
    {% for kind in ['ratios', 'cuped', 'cuts', 'days', 'flags', 'assignment_times'] %}
    select
        {{ (moment_key() + moment_counts() + moment_sums()) | join(', ') }},
        last_created_at
    from {{ ref('int_lift__moments__' ~ kind) }}
    {{ "union all" if not loop.last }}
    {% endfor %}
)

select * from moments
