-- One row per distinct address as written: of an order, a recipient (either reading), a member of an audience
-- or an exclusion.
with
written as (
    select distinct
        organization_id,
        {{ address_id('ship_') }} as address_id,
        {% for part in address_parts() %}
        ship_{{ part }} as {{ part }}{{ "," if not loop.last }}
        {% endfor %}
    from {{ ref('int_orders__unioned') }}

    {% for model in [
        'int_recipients__latest', 'int_recipients__as_assigned', 'int_audience_members', 'int_exclusions'
    ] %}
    union
    select distinct
        organization_id,
        {{ address_id() if model != 'int_exclusions' else 'address_id' }} as address_id,
        {{ address_parts() | join(', ') }}
    from {{ ref(model) }}
    {% endfor %}
),

distinct_addresses as (
    select
        address_id,
        organization_id,
        {% for part in address_parts() %}
        min({{ part }}) as {{ part }}{{ "," if not loop.last }}
        {% endfor %}
    from written
    where address_id is not null
    group by address_id, organization_id
)

select * from distinct_addresses
