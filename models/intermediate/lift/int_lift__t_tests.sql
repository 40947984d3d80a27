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

shaped as (
    select
        *,
        {{ student_t_shape('t_statistic', 'degrees_of_freedom') }} as shape
    from statistics
),

judged as (
    select
        *,
        {{ student_t_two_sided_p('t_statistic', 'degrees_of_freedom', 'shape') }} as p_value
    from shaped
),

{{ student_t_quantile_steps('judged', '0.05e0', '1.959963984540054e0', 'degrees_of_freedom', steps=2) }},

tests as (
    select
        organization_id,
        campaign_id,
        period,
        metric,
        degrees_of_freedom,
        t_statistic,
        p_value,
        critical_t
    from with_critical_t
)

select * from tests
