-- The time zones that the engine knows, by their IANA names, as the column `timezone`.
{% macro timezone_names() -%}
    {{ return(adapter.dispatch('timezone_names', 'matchback')()) }}
{%- endmacro %}

{% macro default__timezone_names() -%}
    select distinct name as timezone
    from pg_timezone_names()
{%- endmacro %}

{% macro spark__timezone_names() -%}
    -- it has no list of them: those that organizations name are taken to be right
    select distinct coalesce(nullif(trim(timezone), ''), 'UTC') as timezone
    from organizations
{%- endmacro %}
