-- A row per number, as text, from one end of a range to the other; every second where both ends are odd or both are even,
-- for the numbers between them are across the street. For use in a select list.
{% macro numbers_of_range(range_start, range_end) -%}
    {{ return(adapter.dispatch('numbers_of_range', 'matchback')(range_start, range_end)) }}
{%- endmacro %}

{% macro default__numbers_of_range(range_start, range_end) -%}
    unnest(list_transform(
        range({{ range_start }}, {{ range_end }} + 1, 2 - ({{ range_end }} - {{ range_start }}) % 2),
        lambda number: cast(number as varchar)
    ))
{%- endmacro %}

{% macro spark__numbers_of_range(range_start, range_end) -%}
    explode(transform(
        sequence({{ range_start }}, {{ range_end }}, 2 - ({{ range_end }} - {{ range_start }}) % 2),
        number -> cast(number as string)
    ))
{%- endmacro %}
