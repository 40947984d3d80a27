-- What the sync models share: each is a payload with the columns that publishing goes by in front of it.

-- `source` with those columns and the payload's, which are hashed. `source` has them but for the hash.
{% macro sync_rows(source, payload) -%}
    select
        organization_id,
        sync_key,
        {{ payload_hash(payload) }} as payload_hash,
        order_id,
        depends_on_key,
        carried_by_key,
        reject_reason,
        send_order,
        occurred_at,
        {{ payload | join(',\n        ') }}
    from {{ source }}
{%- endmacro %}

-- Those columns for an object that is about no order, is sent whenever it changes, and depends on nothing.
{% macro object_columns() -%}
    cast(null as varchar) as order_id,
    cast(null as varchar) as depends_on_key,
    cast(null as varchar) as carried_by_key,
    cast(null as varchar) as reject_reason,
    1 as send_order,
    cast(null as timestamp) as occurred_at
{%- endmacro %}

-- Whether the organization of a row publishes to a tool.
{% macro publishes_to(tool, publish_to='publish_to') -%}
    '|' || replace({{ publish_to }}, ' ', '') || '|' like '%|{{ tool }}|%'
{%- endmacro %}

-- The key of an object at a destination: what it is, then what tells it from its like. It says nobody's e-mail.
{% macro sync_key(kind, parts) -%}
    {{ json_key(["'" ~ kind ~ "'", 'organization_id'] + parts) }}
{%- endmacro %}

-- An address in one line, as ODP has it: six parts with a comma between, also where one is blank. It knows no way to
-- write a comma within a part, so that is a blank. Null where there is no part.
{% macro odp_address(prefix) -%}
    {%- set parts = [] -%}
    {%- for part in ['address1', 'address2', 'city', 'region', 'postal_code', 'country'] -%}
        {%- set words = regexp_replace_all("coalesce(" ~ prefix ~ part ~ ", '')", '[,\\s]+', ' ') -%}
        {%- do parts.append("trim(" ~ words ~ ")") -%}
    {%- endfor -%}
    nullif({{ parts | join(" || ',' || ") }}, ',,,,,')
{%- endmacro %}
