-- A condition that few rows of a large table meet. DuckDB reads all columns of all rows before it asks such a condition;
-- told the numbers of the rows first, it reads what is in their blocks. Only a table has row numbers; of a source the
-- caller has to say that it is one.
{% macro few_rows(relation, alias, condition, is_table=false) -%}
    {{ return(adapter.dispatch('few_rows', 'matchback')(relation, alias, condition, is_table)) }}
{%- endmacro %}

{% macro default__few_rows(relation, alias, condition, is_table) -%}
    {%- set known = none if relation is string else load_cached_relation(relation) -%}
    {%- if not is_table and (known is none or not known.is_table) -%}
        {{ return(condition) }}
    {%- endif -%}
    {{ return(
        alias ~ '.rowid in (select ' ~ alias ~ '.rowid from ' ~ relation ~ ' as ' ~ alias ~ ' where ' ~ condition ~ ')'
    ) }}
{%- endmacro %}

{% macro spark__few_rows(relation, alias, condition, is_table) -%}
    {{ return(condition) }}
{%- endmacro %}
