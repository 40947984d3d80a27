-- One row per distinct address as written: of an order (shipped or billed to), a recipient (either reading), a
-- member of an audience or an exclusion. In a tick: those that have no key yet, and all whose key must be made anew.
{% set changed_settings = ref('int_build__changed_settings') %}

with
orders {{ inlined_but_in_ticks() }} (
    {{ in_scope(ref('int_orders__unioned'), 'int_orders__to_key', order_key()) | indent(4) }}
),

{% for reading in ['latest', 'restated'] %}
{{ reading }} as (
    {{ in_scope(ref('int_recipients__' ~ reading), 'int_recipients__to_key', recipient_key()) | indent(4) }}
),

{% endfor %}
members as (select * from {{ ref('int_audience_members') }}),

exclusions as (select * from {{ ref('int_exclusions') }}),

written as (
    {% for relation, side in [
        ('orders', 'ship_'), ('orders', 'bill_'), ('latest', ''), ('restated', ''), ('members', ''), ('exclusions', '')
    ] %}
    select
        {% for part in address_parts() %}
        {{ side }}{{ part }} as {{ part }},
        {% endfor %}
        {{ address_id() if relation == 'members' else side ~ 'address_id' }} as address_id,
        organization_id
    from {{ relation }}
    {{ "union all" if not loop.last }}
    {% endfor %}
),

to_key as (
    select *
    from written
    where address_id is not null
    {% if is_tick() %}
        -- the few that are written are looked up among all that are known, not the other way round
        and (
            address_id not in (
                select known.address_id
                from {{ as_built('int_addresses') }} as known
                where known.address_id in (select written.address_id from written)
            )
            or organization_id in (select organization_id from {{ changed_settings }} where kind = 'key')
        )
    {% endif %}
),

distinct_addresses as (
    select
        {% for part in address_parts() %}
        any_value({{ part }}) as {{ part }},
        {% endfor %}
        address_id,
        organization_id
    from to_key
    group by address_id, organization_id
)

select * from distinct_addresses
