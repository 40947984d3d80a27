-- A build is a tick where all stored tables stand as the same code left them: it then looks only at what changed.
-- Otherwise it makes everything anew. Decided once, when the build starts, so that all its models agree. A build of
-- models that only read is no tick, and no part of one that was cut off.
{% macro decide_build() -%}
    {%- if execute and flags.WHICH in ['run', 'build'] and not writes_state() -%}
        update ops.current_build set is_tick = false;
    {%- elif execute and flags.WHICH in ['run', 'build'] -%}
        {%- set code = code_fingerprint() -%}
        {%- set is_tick = namespace(value=not flags.FULL_REFRESH and not flags.EMPTY) -%}
        {%- if is_tick.value -%}
            {%- set known = run_query("select count(*) from ops.build_state where code_fingerprint = '" ~ code ~ "'") -%}
            {%- set is_tick.value = known.rows[0][0] > 0 -%}
        {%- endif -%}
        {%- for node in stored_models() if is_tick.value -%}
            {%- if load_relation(as_built(node.name)) is none -%}
                {%- set is_tick.value = false -%}
            {%- endif -%}
        {%- endfor -%}
        {%- set started_at = "cast('" ~ run_started_at.strftime("%Y-%m-%d %H:%M:%S.%f") ~ "' as timestamp)" -%}
        delete from ops.current_build;
        insert into ops.current_build
        select '{{ invocation_id }}', '{{ code }}', {{ is_tick.value }}, count(*) > 0, {{ started_at }}
        from ops.open_builds;
        {%- if not is_tick.value %}
            {{ forget_built_state() }}
        {%- endif %}
        insert into ops.open_builds values ('{{ invocation_id }}', {{ started_at }});
    {%- endif -%}
{%- endmacro %}

-- Whether this build looks only at what changed. Never in a unit test, which judges the whole rule.
{% macro is_tick() -%}
    {%- if not execute or flags.WHICH not in ['run', 'build'] or is_unit_test() -%}
        {{ return(false) }}
    {%- endif -%}
    {%- set found = run_query("select is_tick from ops.current_build where build_id = '" ~ invocation_id ~ "'") -%}
    {{ return(found.rows | length > 0 and found.rows[0][0]) }}
{%- endmacro %}

-- Whether a build before this one was cut off, so that what stored tables hold is neither what the last complete build
-- left nor what is true now: then nothing that is in scope may be passed over because it looks unchanged.
{% macro is_resumed() -%}
    {%- if not is_tick() -%}
        {{ return(false) }}
    {%- endif -%}
    {{ return(run_query("select bool_or(is_resumed) from ops.current_build").rows[0][0]) }}
{%- endmacro %}

{% macro is_unit_test() -%}
    {{ return(execute and model.resource_type == 'unit_test') }}
{%- endmacro %}

-- dbt's own macro, which its incremental models ask: outside a tick they are made anew. The log of verdicts never is.
{% macro should_full_refresh() -%}
    {%- set configured = config.get('full_refresh') -%}
    {{ return(not is_tick() if configured is none else configured) }}
{%- endmacro %}

-- The models whose rows outlive a build.
{% macro stored_models() -%}
    {{ return(
        graph.nodes.values()
        | selectattr('resource_type', 'equalto', 'model')
        | selectattr('config.materialized', 'equalto', 'incremental')
        | list
    ) }}
{%- endmacro %}

-- The stored models and all models that they are made from.
{% macro credit_models() -%}
    {%- set names = namespace(found=[], open=stored_models() | map(attribute='unique_id') | list) -%}
    {%- for round in range(200) if names.open -%}
        {%- set next = [] -%}
        {%- for unique_id in names.open if unique_id not in names.found -%}
            {%- do names.found.append(unique_id) -%}
            {%- for parent in graph.nodes[unique_id].depends_on.nodes if parent.startswith('model.') -%}
                {%- do next.append(parent) -%}
            {%- endfor -%}
        {%- endfor -%}
        {%- set names.open = next -%}
    {%- endfor -%}
    {{ return(names.found | sort) }}
{%- endmacro %}

-- A hash of the code of those models and of every macro of ours.
{% macro code_fingerprint() -%}
    {%- set texts = [] -%}
    {%- for unique_id in credit_models() -%}
        {%- do texts.append(graph.nodes[unique_id].raw_code) -%}
    {%- endfor -%}
    {%- for name, value in context.items() -%}
        {%- if value.macro is defined and value.macro.package_name == 'matchback' -%}
            {%- do texts.append(name ~ value.macro.macro_sql) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(local_md5(texts | sort | join('\n'))) }}
{%- endmacro %}
