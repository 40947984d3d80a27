-- One row per campaign, check and part of it: whether the experiment is sound. An alarm is a difference of at least the
-- check's floor (of households beyond it) and, where it has a test, p < 0.001.
{% set kinds = {'sample_ratio': true, 'segments': true, 'rates': true, 'shares': false, 'households': false} %}
with
checks as (
    {% for kind, is_tested in kinds.items() %}
    select
        {{ check_columns() | join(', ') }},
        {{ 'p_value is not null or coalesce(difference = 0, false)' if is_tested else 'difference is not null' }}
            as is_tested,
        {{
            'coalesce(p_value < 0.001, false)' if is_tested else 'difference > size_floor' if kind == 'households' else 'true'
        }} as is_significant
    from {{ ref('int_lift__checks__' ~ kind) }}
    {{ "union all" if not loop.last }}
    {% endfor %}
),

judged as (
    select
        {{ check_columns() | join(', ') }},
        case
            when not is_tested then 'not_tested'
            when is_significant and abs(difference) >= size_floor then 'alarm'
            else 'ok'
        end as check_status
    from checks
)

select * from judged
