-- Behind the name of a step that is read more than once and costs less to make twice than to keep: wide raw rows, of
-- which one reader needs two columns. DuckDB keeps whatever is read twice unless told not to; Spark never does.
{% macro inlined() -%}
    {{ return(adapter.dispatch('inlined', 'matchback')()) }}
{%- endmacro %}

{% macro default__inlined() -%}
    as not materialized
{%- endmacro %}

{% macro spark__inlined() -%}
    as
{%- endmacro %}
