-- One row per organization and address at which an order may match otherwise because a recipient changed (see
-- near_address_conditions). Empty outside ticks.
with
recipients as (select * from {{ ref('int_recipients__changed') }}),

addresses {{ inlined() }} (select * from {{ ref('int_addresses') }}),

changed_addresses as (
    select distinct
        recipients.organization_id,
        addresses.*
    from recipients
    inner join addresses on recipients.address_id = addresses.address_id
),

near_addresses as (
    {% for condition in near_address_conditions('changed_addresses') %}
    select
        changed_addresses.organization_id,
        near.address_id
    from addresses as near
    inner join changed_addresses on near.address_country = changed_addresses.address_country and {{ condition }}
    {% if loop.last %}
    where (select max(address_max_tier) from {{ ref('int_organizations') }}) >= 5
    {% endif %}
    {{ "union" if not loop.last }}
    {% endfor %}
)

select * from near_addresses
where {{ only_in_ticks() }}
