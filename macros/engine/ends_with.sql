-- Whether a text ends with another.
{% macro ends_with(text, ending) -%}
    {{ return(adapter.dispatch('ends_with', 'matchback')(text, ending)) }}
{%- endmacro %}

{% macro default__ends_with(text, ending) -%}
    ends_with({{ text }}, {{ ending }})
{%- endmacro %}

{% macro spark__ends_with(text, ending) -%}
    endswith({{ text }}, {{ ending }})
{%- endmacro %}
