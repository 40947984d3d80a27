-- A row per whole number from 0 to below an upper end, which is over 0. For use in a select list.
{% macro first_numbers(upper_end) -%}
    {{ return(adapter.dispatch('first_numbers', 'matchback')(upper_end)) }}
{%- endmacro %}

{% macro default__first_numbers(upper_end) -%}
    unnest(range({{ upper_end }}))
{%- endmacro %}

{% macro spark__first_numbers(upper_end) -%}
    explode(sequence(0, {{ upper_end }} - 1))
{%- endmacro %}
