-- One row per campaign, period and metric whose difference has a standard error: the two-sided p-value of the
-- absolute lift and the t that spans its 95 % interval, both from one statistic and its degrees of freedom.
with
differences as (select * from {{ ref('int_lift__differences') }}),

statistics as (
    select
        organization_id,
        campaign_id,
        period,
        metric,
        degrees_of_freedom,
        abs(absolute_lift) / absolute_lift_standard_error as t_statistic
    from differences
    where absolute_lift_standard_error > 0 and degrees_of_freedom > 0
),

guessed as (
    select
        *,
        {{ student_t_two_sided_p('t_statistic', 'degrees_of_freedom') }} as p_value,
        {{ student_t_95_guess('degrees_of_freedom') }} as t_0
    from statistics
),

{% for step in range(4) %}
step_{{ step }} as (
    select
        *,
        {{ student_t_95_step('t_' ~ step, 'degrees_of_freedom') }} as t_{{ step + 1 }}
    from {{ 'guessed' if step == 0 else 'step_' ~ (step - 1) }}
),
{% endfor %}

tests as (
    select
        organization_id,
        campaign_id,
        period,
        metric,
        degrees_of_freedom,
        t_statistic,
        p_value,
        t_4 as critical_t
    from step_3
)

select * from tests
