-- One row per campaign, check and part of it: whether the experiment is sound. An alarm is a difference of at least the
-- check's floor (of cautions and households beyond it) and, where it has a test, p < 0.001. Where nobody had ordered
-- before assignment, what was ordered then is not measured.
{% set kinds = {
    'sample_ratio': 'test', 'segments': 'test', 'rates': 'test', 'shares': 'reach', 'households': 'exceed',
    'cautions': 'exceed',
} %}
with
checks as (
    {% for kind, judgement in kinds.items() %}
    select
        {{ check_columns() | join(', ') }},
        {{
            'p_value is not null or coalesce(difference = 0, false)' if judgement == 'test' else 'difference is not null'
        }} as is_tested,
        {{ {
            'test': 'coalesce(p_value < 0.001, false)', 'reach': 'true', 'exceed': 'difference > size_floor',
        }[judgement] }} as is_significant
    from {{ ref('int_lift__checks__' ~ kind) }}
    {{ "union all" if not loop.last }}
    {% endfor %}
),

judged as (
    select
        {{ check_columns() | join(', ') }},
        case
            when check_name = 'placebo' and treated_value = 0 and holdout_value = 0 then 'not_measured'
            when not is_tested then 'not_tested'
            when is_significant and abs(difference) >= size_floor then 'alarm'
            else 'ok'
        end as check_status
    from checks
)

select * from judged
