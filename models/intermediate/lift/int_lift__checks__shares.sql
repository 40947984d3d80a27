-- One row per campaign and share or delay that is judged by its size alone: holdouts mailed anyway, recipients whose
-- arm was changed, households with members in both arms, recipients to be mailed who never were, and days from
-- assignment to the letter box against the campaign's `in_home_days`.
with
joined as (select * from {{ ref('int_lift__contaminations') }}),

checks as (
    {% for check, part, unit, treated, treated_of, holdout, holdout_of, floor in [
        ('contamination', 'mailed_holdouts', 'recipients', 'null', 'null', 'mailed_holdouts', 'holdouts', 0.01),
        ('contamination', 'mixed_households', 'households',
            'mixed_households', 'treated_households', 'mixed_households', 'holdout_households', 0.01),
        ('changed_after_assignment', 'is_holdout', 'recipients',
            'changed_treated', 'treated', 'changed_holdouts', 'holdouts', 0.01),
        ('undeliverable', 'never_sent', 'recipients',
            'greatest(treated - (mailed - mailed_holdouts), 0)', 'treated', 'null', 'null', 0.1),
    ] %}
    select
        organization_id,
        campaign_id,
        '{{ check }}' as check_name,
        '{{ part }}' as part,
        '{{ unit }}' as unit,
        cast({{ treated }} as bigint) as treated_count,
        cast({{ holdout }} as bigint) as holdout_count,
        cast({{ treated }} as double) / nullif({{ treated_of }}, 0) as treated_value,
        cast({{ holdout }} as double) / nullif({{ holdout_of }}, 0) as holdout_value,
        0e0 as expected_value,
        greatest(
            coalesce(cast({{ treated }} as double) / nullif({{ treated_of }}, 0), 0),
            coalesce(cast({{ holdout }} as double) / nullif({{ holdout_of }}, 0), 0)
        ) as difference,
        cast(null as double) as statistic,
        cast(null as double) as degrees_of_freedom,
        cast(null as double) as p_value,
        {{ floor }}e0 as size_floor
    from joined
    union all
    {% endfor %}
    select
        organization_id,
        campaign_id,
        'in_home_delay' as check_name,
        'days' as part,
        'recipients' as unit,
        cast(treated as bigint) as treated_count,
        cast(holdouts as bigint) as holdout_count,
        actual_in_home_days as treated_value,
        cast(null as double) as holdout_value,
        cast(in_home_days as double) as expected_value,
        actual_in_home_days - in_home_days as difference,
        cast(null as double) as statistic,
        cast(null as double) as degrees_of_freedom,
        cast(null as double) as p_value,
        3e0 as size_floor
    from joined
)

select * from checks
