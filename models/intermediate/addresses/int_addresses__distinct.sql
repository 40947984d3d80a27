-- One row per distinct address as written: of an order (shipped or billed to), a recipient (either reading), a
-- member of an audience or an exclusion. In a tick: those that have no key yet, and all whose key must be made anew.
{% set changed_settings = ref('int_build__changed_settings') %}

with
orders as (
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
    select distinct
        {% for part in address_parts() %}
        {{ side }}{{ part }} as {{ part }},
        {% endfor %}
        {{ address_id(side) if relation != 'exclusions' else 'address_id' }} as address_id,
        organization_id
    from {{ relation }}
    {{ "union" if not loop.last }}
    {% endfor %}
),

distinct_addresses as (
    select
        {% for part in address_parts() %}
        min({{ part }}) as {{ part }},
        {% endfor %}
        address_id,
        organization_id
    from written
    where address_id is not null
    {% if is_tick() %}
        and (
            not exists (
                select 1
                from {{ as_built('int_addresses') }} as known
                where known.address_id = written.address_id
            )
            or organization_id in (select organization_id from {{ changed_settings }} where kind = 'key')
        )
        {% endif %}
    group by address_id, organization_id
)

select * from distinct_addresses
