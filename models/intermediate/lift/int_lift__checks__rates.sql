-- One row per campaign and rate or mean that must not differ between the arms, with its household-clustered t test:
-- what was ordered before assignment, the placebo, when people were assigned, who is excluded, what was changed and who
-- was withdrawn since.
with
tests as (
    select *
    from {{ ref('int_lift__t_tests') }}
    where period in ('prior', 'placebo', 'check')
        and metric not in (
            'without_email_key', 'without_address_key', 'not_mailable', 'mailed_anyway', 'changed_is_holdout'
        )
),

named as (
    select
        *,
        case
            when period = 'prior' then 'balance'
            when period = 'placebo' then 'placebo'
            when metric = 'excluded' then 'exclusion_rate'
            when metric = 'withdrawn' then 'withdrawn'
            when metric = 'assignment_day' then 'assignment_time'
            else 'changed_after_assignment'
        end as check_name
    from tests
    where treated_recipients > 0 and holdout_recipients > 0
),

checks as (
    select
        organization_id,
        campaign_id,
        check_name,
        case
            when period = 'prior' then 'prior_' || metric
            when metric like 'changed_%' then substr(metric, 9)
            else metric
        end as part,
        case when metric = 'assignment_day' then 'households' else 'recipients' end as unit,
        -- how many were withdrawn, of the others how many there are
        {% for arm in ['treated', 'holdout'] %}
        case when check_name = 'withdrawn' then {{ arm }}_buyers else {{ arm }}_recipients end as {{ arm }}_count,
        {% endfor %}
        treated_mean as treated_value,
        holdout_mean as holdout_value,
        0e0 as expected_value,
        absolute_lift as difference,
        abs(absolute_lift) / nullif(absolute_lift_standard_error, 0) as statistic,
        degrees_of_freedom,
        -- arms that differ without any spread, say two drops by arm, leave nothing to chance
        case when absolute_lift_standard_error = 0 and absolute_lift <> 0 then 0e0 else p_value end as p_value,
        case
            when check_name in ('balance', 'placebo') then 0.05e0 * holdout_mean
            when check_name = 'assignment_time' then 0.5e0
            else 0.01e0
        end as size_floor
    from named
)

select * from checks
