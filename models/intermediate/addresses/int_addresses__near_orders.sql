-- One row per address of the orders that a tick matches anew, and per address that it may match (see
-- near_address_conditions). Empty outside ticks.
with
orders as (select * from {{ ref('int_order_identifiers__matched') }}),

addresses {{ inlined() }} (select * from {{ ref('int_addresses') }}),

order_addresses as (
    select addresses.*
    from addresses
    where address_id in (select address_id from orders)
        or address_id in (select billing_address_id from orders)
),

near_addresses as (
    {% for condition in near_address_conditions('order_addresses') %}
    select near.address_id
    from addresses as near
    inner join order_addresses on near.address_country = order_addresses.address_country and {{ condition }}
    {% if loop.last %}
    where (select max(address_max_tier) from {{ ref('int_organizations') }}) >= 5
    {% endif %}
    union
    {% endfor %}
    select address_id from order_addresses
)

select * from near_addresses
where {{ only_in_ticks() }}
