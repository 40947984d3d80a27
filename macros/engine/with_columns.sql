-- A relation with columns it may lack: those it has keep their values, the others are null.
{% macro with_columns(relation, columns) -%}
    {{ return(adapter.dispatch('with_columns', 'matchback')(relation, columns)) }}
{%- endmacro %}

{% macro default__with_columns(relation, columns) -%}
    select * from {{ relation }}
    union all by name
    select
        {%- for name, type in columns.items() %}
        cast(null as {{ type }}) as {{ name }}{{ "," if not loop.last }}
        {%- endfor %}
    where false
{%- endmacro %}
