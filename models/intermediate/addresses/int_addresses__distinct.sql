-- One row per distinct address as written: of an order (shipped or billed to), a recipient (either reading), a
-- member of an audience or an exclusion.
with
written as (
    {% for side in ['ship_', 'bill_'] %}
    select distinct
        {% for part in address_parts() %}
        {{ side }}{{ part }} as {{ part }},
        {% endfor %}
        {{ address_id(side) }} as address_id,
        organization_id
    from {{ ref('int_orders__unioned') }}
    {{ "union" if not loop.last }}
    {% endfor %}

    {% for model in [
        'int_recipients__latest', 'int_recipients__as_assigned', 'int_audience_members', 'int_exclusions'
    ] %}
    union
    select distinct
        {{ address_parts() | join(', ') }},
        {{ address_id() if model != 'int_exclusions' else 'address_id' }} as address_id,
        organization_id
    from {{ ref(model) }}
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
    group by address_id, organization_id
)

select * from distinct_addresses
