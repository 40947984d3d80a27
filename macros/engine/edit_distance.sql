-- How many letters must change, come or go to make one text of another. It takes as many steps as one has letters times
-- those of the other, so it is taken of short texts only, and null where either has more than 60 letters.
{% macro edit_distance(text, other) -%}
    {{ return(adapter.dispatch('edit_distance', 'matchback')(text, other)) }}
{%- endmacro %}

{% macro default__edit_distance(text, other) -%}
    case when greatest(length({{ text }}), length({{ other }})) <= 60 then levenshtein({{ text }}, {{ other }}) end
{%- endmacro %}
