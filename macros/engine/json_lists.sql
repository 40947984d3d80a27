-- Figures over the elements of a JSON list.

-- The earliest of a time among the objects for which a condition holds, each `item` with the named fields, as text;
-- where none of them can be read, the text of one of them as it is.
{% macro earliest_in_list(json, names, time, condition) -%}
    {{ return(adapter.dispatch('earliest_in_list', 'matchback')(json, names, time, condition)) }}
{%- endmacro %}

{% macro default__earliest_in_list(json, names, time, condition) -%}
    {%- set kept -%}
        list_filter({{ default__json_items(json, names) }}, lambda item: {{ condition }})
    {%- endset -%}
    coalesce(
        cast(list_min(list_transform({{ kept }}, lambda item: {{ any_time('item.' ~ time) }})) as varchar),
        list_max(list_transform({{ kept }}, lambda item: item.{{ time }}))
    )
{%- endmacro %}

{% macro spark__earliest_in_list(json, names, time, condition) -%}
    {%- set kept -%}
        filter({{ spark__json_items(json, names) }}, item -> {{ condition }})
    {%- endset -%}
    coalesce(
        cast(array_min(transform({{ kept }}, item -> {{ any_time('item.' ~ time) }})) as string),
        array_max(transform({{ kept }}, item -> item.{{ time }}))
    )
{%- endmacro %}

{% macro default__json_items(json, names) -%}
    try(from_json({{ json }}, '[{ {%- for name in names -%} "{{ name }}": "VARCHAR"{{ ", " if not loop.last }} {%- endfor -%} }]'))
{%- endmacro %}

{% macro spark__json_items(json, names) -%}
    from_json({{ json }}, 'array<struct<{% for name in names %}`{{ name }}`: string{{ ", " if not loop.last }}{% endfor %}>>')
{%- endmacro %}

-- The sum of the amounts at a path with a wildcard ($[*].a), of those above zero alone if so wished; null where one of
-- them cannot be read, 0 where there is none.
{% macro total_in_list(json, path, only_positive=false) -%}
    {{ return(adapter.dispatch('total_in_list', 'matchback')(json, path, only_positive)) }}
{%- endmacro %}

{% macro default__total_in_list(json, path, only_positive) -%}
    {%- set amounts -%}
        list_transform(
            try(json_extract_string({{ json }}, '{{ path }}')),
            lambda item: {{ counted_amount('item', only_positive) }}
        )
    {%- endset -%}
    case when not list_contains(list_transform({{ amounts }}, lambda item: item is null), true)
        then coalesce(list_sum({{ amounts }}), 0)
    end
{%- endmacro %}

{% macro spark__total_in_list(json, path, only_positive) -%}
    aggregate(
        from_json(get_json_object({{ json }}, '{{ path }}'), 'array<string>'), cast(0 as {{ total_type() }}),
        (so_far, item) -> cast(so_far + {{ counted_amount('item', only_positive) }} as {{ total_type() }})
    )
{%- endmacro %}

{% macro counted_amount(item, only_positive) -%}
    {{ 'greatest(' ~ amount(item) ~ ', 0)' if only_positive else amount(item) }}
{%- endmacro %}

-- The latest of the times at a path with a wildcard that is no later than another; null where there is none.
{% macro latest_in_list(json, path, at_most) -%}
    {{ return(adapter.dispatch('latest_in_list', 'matchback')(json, path, at_most)) }}
{%- endmacro %}

{% macro default__latest_in_list(json, path, at_most) -%}
    list_max(list_transform(
        try(json_extract_string({{ json }}, '{{ path }}')),
        lambda item: case when try_cast(item as timestamp) <= {{ at_most }} then try_cast(item as timestamp) end
    ))
{%- endmacro %}

{% macro spark__latest_in_list(json, path, at_most) -%}
    array_max(transform(
        from_json(get_json_object({{ json }}, '{{ path }}'), 'array<string>'),
        item -> case when try_cast(item as timestamp) <= {{ at_most }} then try_cast(item as timestamp) end
    ))
{%- endmacro %}
