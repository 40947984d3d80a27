-- How many letters must change, come or go to make one text of another.
{% macro edit_distance(text, other) -%}
    {{ return(adapter.dispatch('edit_distance', 'matchback')(text, other)) }}
{%- endmacro %}

{% macro default__edit_distance(text, other) -%}
    levenshtein({{ text }}, {{ other }})
{%- endmacro %}
