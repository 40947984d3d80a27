-- A condition that few rows of a large table meet, or a list of conditions of which one is enough. DuckDB reads all
-- columns of all rows before it asks such a condition; told the numbers of the rows first, it reads what is in their
-- blocks. Each condition is looked for on its own, for then one that nothing can meet costs nothing. Only a table has
-- row numbers; of a source the caller has to say that it is one.
{% macro few_rows(relation, alias, conditions, is_table=false) -%}
    {%- set listed = [conditions] if conditions is string else conditions -%}
    {{ return(adapter.dispatch('few_rows', 'matchback')(relation, alias, listed, is_table)) }}
{%- endmacro %}

{% macro default__few_rows(relation, alias, conditions, is_table) -%}
    {%- set known = none if relation is string else load_cached_relation(relation) -%}
    {%- if not is_table and (known is none or not known.is_table) -%}
        {{ return(any_of(conditions)) }}
    {%- endif -%}
    {%- set looks = [] -%}
    {%- for condition in conditions -%}
        {%- do looks.append('select ' ~ alias ~ '.rowid from ' ~ relation ~ ' as ' ~ alias ~ ' where ' ~ condition) -%}
    {%- endfor -%}
    {{ return(alias ~ '.rowid in (' ~ looks | join(' union all ') ~ ')') }}
{%- endmacro %}

{% macro spark__few_rows(relation, alias, conditions, is_table) -%}
    {{ return(any_of(conditions)) }}
{%- endmacro %}

{% macro any_of(conditions) -%}
    {{ return('((' ~ conditions | join(') or (') ~ '))') }}
{%- endmacro %}
