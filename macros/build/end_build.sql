-- Run when a build ends, well or not: from here on staging shows everything again. If every model that the credit rests
-- on is done, what they were made from becomes what the next tick compares with, and what was kept for later models of
-- this build is let go: all at once or not at all. After any other end the next tick finds the same changes again, and
-- those that have come since.
{% macro end_build(results) -%}
    {#- a retry by the same process would take this selection for its own -#}
    {%- do selected_resources.clear() if execute -%}
    {%- if execute and flags.WHICH in ['run', 'build'] -%}
        update ops.current_build set is_tick = false;
        {%- set done = results | selectattr('status', 'equalto', 'success') | map(attribute='node.unique_id') | list -%}
        {%- set missing = credit_models() | reject('in', done) | list -%}
        {%- if not missing and not flags.EMPTY %}
            begin transaction;
            {{ drop_unused_addresses() }}
            {{ forget_built_state() }}
            {%- for name in ['horizons', 'settings', 'parties'] %}
            insert into ops.built_{{ name }} select * from {{ as_built('int_build__' ~ name) }};
            {%- endfor %}
            {%- for node in stored_models() if node.config.meta.get('keeps_before') %}
            create or replace table {{ before(as_built(node.name)) }} as
            select * from {{ as_built(node.name) }} limit 0;
            {%- endfor %}
            insert into ops.build_state
            select code_fingerprint, cast('{{ run_started_at.strftime("%Y-%m-%d %H:%M:%S.%f") }}' as timestamp)
            from ops.current_build;
            {{- remember_variables() }}
            delete from ops.built_organizations;
            insert into ops.built_organizations
            select organization_id, provider from {{ as_built('int_organizations') }};
            commit;
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

-- Nothing is known any more of what the stored tables were made from, so the next build makes them anew.
{% macro forget_built_state() -%}
    {%- for name in [
        'build_state', 'built_horizons', 'built_settings', 'built_parties', 'seen_settings', 'seen_parties', 'open_builds',
    ] %}
    delete from ops.{{ name }};
    {%- endfor %}
{%- endmacro %}
