-- How DuckDB makes a table or a view anew: in place and in one transaction, for there a transaction can take back a drop
-- as well. dbt's own way (another name, two renames, a drop) is for engines where it can't, and takes more statements
-- for each model; a tick of few changes is little else.
{% materialization table, adapter='duckdb' -%}
    {{ return(replaced_relation('table')) }}
{%- endmaterialization %}

-- A view whose `meta` says `kept_in_ticks` is a table then: a few rows picked out of many, which several models read.
{% materialization view, adapter='duckdb' -%}
    {%- set is_kept = is_tick() and config.get('meta', {}).get('kept_in_ticks') -%}
    {{ return(replaced_relation('table' if is_kept else 'view')) }}
{%- endmaterialization %}

-- `dbt clone` knows no hooks, so it is refused here.
{% materialization clone, adapter='duckdb' -%}
    {%- do exceptions.raise_compiler_error(
        'A clone would put a view in the place of a stored table: use `dbt build`, or `dbt build --full-refresh`.'
    ) -%}
{%- endmaterialization %}

{% macro replaced_relation(type) -%}
    {%- set existing_relation = load_cached_relation(this) -%}
    {%- set target_relation = this.incorporate(type=type) -%}
    {{ run_hooks(pre_hooks) }}
    {%- call statement('main') -%}
        {%- if existing_relation is not none %}
        drop {{ existing_relation.type }} {{ existing_relation }};
        {%- endif %}
        {% if type == 'view' %}{{ get_create_view_as_sql(target_relation, sql) }}
        {%- else %}{{ get_create_table_as_sql(false, target_relation, sql) }}
        {%- endif -%}
    {%- endcall -%}
    {{ run_hooks(post_hooks) }}
    {{ adapter.commit() }}
    {{ return({'relations': [target_relation]}) }}
{%- endmacro %}
