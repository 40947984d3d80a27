-- In a tick the rows of a relation whose keys are in the model `scope`, otherwise all of them. `keys` are names that both
-- have, or pairs of the relation's and the scope's.
{% macro in_scope(relation, scope, keys, condition='true') -%}
    {{ after(scope) -}}
    select scoped.*
    from {{ relation }} as scoped
    {%- if is_tick() %}
    {%- set is_listed -%}
        exists (
            select 1
            from {{ as_built(scope) }} as scope
            where {{ condition }}
                {%- for key in keys %}
                {%- set pair = [key, key] if key is string else key %}
                and scope.{{ pair[1] }} = scoped.{{ pair[0] }}
                {%- endfor %}
        )
    {%- endset %}
    where {{ few_rows(relation, 'scoped', is_listed) }}
    {%- endif %}
{%- endmacro %}

-- In a tick those addresses that others use, otherwise all there are. `uses` are pairs of a relation and its column.
{% macro addresses_of(addresses, uses) -%}
    select known.*
    from {{ addresses }} as known
    {%- if is_tick() %}
    {%- set is_used = [] -%}
    {%- for relation, column in uses -%}
        {%- do is_used.append('known.address_id in (select ' ~ column ~ ' from ' ~ relation ~ ')') -%}
    {%- endfor %}
    where {{ few_rows(addresses, 'known', is_used) }}
    {%- endif %}
{%- endmacro %}

-- Names a model that has to be made before this one. A unit test, which knows nothing of ticks, need not give its rows.
{% macro after(name) -%}
    {%- if not execute -%}
        {%- do ref(name) -%}
    {%- endif -%}
{%- endmacro %}

-- Whether a row of a raw table came after what the last complete build had read of it.
{% macro is_new(raw_table, column='loaded_at') -%}
    {%- if is_tick() -%}
        {%- set found = run_query("select max(horizon_at) from ops.built_horizons where raw_table = '" ~ raw_table ~ "'") -%}
        {{ column }} > cast('{{ found.rows[0][0] or "1970-01-01" }}' as timestamp)
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}

-- A model that only a tick needs is empty in any other build.
{% macro only_in_ticks() -%}
    {{ 'true' if is_tick() else 'false' }}
{%- endmacro %}

-- The versions of a raw table that this build reads: while a tick is under way those of what is to be read, otherwise
-- all. Staging lies before everything that decides what is to be read, so it asks the tables themselves.
{% macro versions_to_read(relation, to_read, keys) -%}
    select versions.*
    from {{ relation }} as versions
    {%- if not is_unit_test() %}
    {%- set is_to_read -%}
        not (select coalesce(bool_or(is_tick), false) from {{ source('ops', 'current_build') }})
        or exists (
            select 1
            from {{ source('ops', to_read) }} as to_read
            where {% for ours, theirs in keys.items() -%}
                to_read.{{ theirs }} = {{ ours }}{{ ' and ' if not loop.last }}
            {%- endfor %}
        )
    {%- endset %}
    where {{ few_rows(relation, 'versions', is_to_read, is_table=true) if is_tick() else is_to_read }}
    {%- endif %}
{%- endmacro %}

{% macro versions_of_orders(schema_name) -%}
    {{ versions_to_read(
        source(schema_name, 'orders'), 'orders_to_read',
        {'versions.organization_id': 'organization_id', 'versions.object_id': 'order_id'}
    ) }}
{%- endmacro %}

{% macro order_key() -%}
    {{ return(['organization_id', 'order_id']) }}
{%- endmacro %}

{% macro recipient_key() -%}
    {{ return(['organization_id', 'campaign_id', 'recipient_id']) }}
{%- endmacro %}

-- Keeps a stored table in step with its scope: what it held about the keys in scope is replaced by what the model says
-- of them now, which may be nothing. That is kept apart as well, so that nobody has to look for it in the large table.
-- With `keeps_before`, whatever is replaced is kept beside it until a build is complete, so that later models see what
-- changed, also what a build that was cut off had put there in between.
{% macro get_incremental_replace_scope_sql(arguments) -%}
    {%- set target = arguments.target_relation -%}
    {%- set columns = arguments.dest_columns | map(attribute='quoted') | join(', ') -%}
    {%- set settings = config.get('meta') -%}
    {%- set in_scope -%}
        exists (
            select 1
            from {{ as_built(settings.scope) }} as scope
            where {{ settings.get('condition', 'true') }}
                {%- for key in settings['keys'] %}
                and scope.{{ key }} = {{ target.identifier }}.{{ key }}
                {%- endfor %}
        )
    {%- endset -%}
    {%- if settings.get('keeps_before') %}
    insert into {{ before(target) }} ({{ columns }})
    select {{ columns }}
    from {{ target }}
    where {{ few_rows(target, target.identifier, in_scope, is_table=true) }};
    {%- endif %}
    delete from {{ target }}
    where {{ in_scope }};
    insert into {{ target }} ({{ columns }})
    select {{ columns }}
    from {{ arguments.temp_relation }};
    create or replace table {{ made(target) }} as
    select {{ columns }} from {{ arguments.temp_relation }}
{%- endmacro %}

-- Adds rows to a stored table and takes none away; all that it holds of the keys in scope is kept apart.
{% macro get_incremental_append_scope_sql(arguments) -%}
    {%- set target = arguments.target_relation -%}
    {%- set columns = arguments.dest_columns | map(attribute='quoted') | join(', ') -%}
    {%- set settings = config.get('meta') -%}
    insert into {{ target }} ({{ columns }})
    select {{ columns }}
    from {{ arguments.temp_relation }}
    {%- if is_tick() %};
    create or replace table {{ made(target) }} as
    {{ in_scope(target, settings.scope, settings['keys']) }}
    {%- endif -%}
{%- endmacro %}

-- What a stored table holds of its keys in scope, as this tick left it.
{% macro made(relation) -%}
    {{ return(api.Relation.create(
        database=relation.database, schema='ops', identifier=relation.identifier ~ '__made'
    )) }}
{%- endmacro %}

-- In a tick what it put into a stored table, otherwise all of it.
{% macro made_now(relation) -%}
    {{ return(made(relation) if is_tick() else relation) }}
{%- endmacro %}

-- What a stored table held of the keys in scope since the last complete build ended.
{% macro before(relation) -%}
    {{ return(api.Relation.create(
        database=relation.database, schema=relation.schema, identifier=relation.identifier ~ '__before'
    )) }}
{%- endmacro %}

-- A stored table as the last build left it, for models that come before it.
{% macro as_built(name) -%}
    {%- set node = graph.nodes['model.matchback.' ~ name] -%}
    {{ return(api.Relation.create(database=node.database, schema=node.schema, identifier=node.alias)) }}
{%- endmacro %}
