-- Run at the start of every dbt command: each declared source table that no load has created yet is
-- created empty, so that the models work before any provider was ever loaded.
{% macro create_missing_raw_tables() -%}
    {%- if execute -%}
        {%- for source in graph.sources.values() -%}
            create schema if not exists {{ source.schema }};
            create table if not exists {{ source.schema }}.{{ source.identifier }} (
                {%- for column in source.columns.values() %}
                {{ column.name }} {{ column.data_type }}{{ "," if not loop.last }}
                {%- endfor %}
            );
        {% endfor -%}
    {%- endif -%}
{%- endmacro %}

-- A table that was created empty above is unknown to dbt, which listed all tables before; it could not put its own there.
{% macro make_room() -%}
    {%- if execute and load_cached_relation(this) is none -%}
        drop table if exists {{ this }}
    {%- endif -%}
{%- endmacro %}
