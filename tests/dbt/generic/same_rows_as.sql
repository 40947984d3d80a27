-- Conservation, both ways: fails with each key that only one of the two models has, and with each key whose
-- sums differ, null against a number included.
{% test same_rows_as(model, model_ref, key, sums) %}
with
{% for side, relation in [('ours', model), ('theirs', limited_as_tested(model_ref))] %}
{{ side }} as (
    select
        {{ key | join(', ') }},
        count(*) as row_count,
        {% for column in sums %}
        sum({{ column }}) as {{ column }}{{ "," if not loop.last }}
        {% endfor %}
    from {{ relation }}
    group by {{ key | join(', ') }}
){{ "," if not loop.last }}
{% endfor %}

select
    {{ key | join(', ') }},
    ours.row_count as our_rows,
    theirs.row_count as their_rows
from ours
full outer join theirs using ({{ key | join(', ') }})
where ours.row_count is distinct from theirs.row_count
    {% for column in sums %}
    or ours.{{ column }} is distinct from theirs.{{ column }}
    {% endfor %}
{% endtest %}
