-- One row per row of int_lift__differences: the two-sided p-value of the absolute lift and the t that spans its 95 %
-- interval, both from one statistic and its degrees of freedom. Null where there is no standard error.
with
statistics as (
    select
        *,
        case
            when degrees_of_freedom > 0 then abs(absolute_lift) / nullif(absolute_lift_standard_error, 0)
        end as t_statistic
    from {{ ref('int_lift__differences') }}
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
    where t_statistic is not null
),

{{ student_t_quantile_steps('judged', '0.05e0', z_95(), 'degrees_of_freedom', steps=2) }},

tests as (
    select
        {{ moment_key() | join(', ') }},
        t_statistic,
        p_value,
        critical_t
    from with_critical_t
),

tested as (
    select
        statistics.*,
        tests.p_value,
        tests.critical_t
    from statistics
    left join tests
        on statistics.organization_id = tests.organization_id
        {% for column in moment_key() if column != 'organization_id' %}
        and statistics.{{ column }} = tests.{{ column }}
        {% endfor %}
)

select * from tested
