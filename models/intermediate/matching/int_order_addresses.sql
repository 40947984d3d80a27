-- One row per organization and address that its orders are shipped to (or billed to, where `match_billing_address`
-- is on), with the parts that the tiers compare; a row for each reading of them (another town, say).
with
orders as (select * from {{ ref('int_order_identifiers__matched') }}),

addresses as (select * from {{ ref('int_addresses__near') }}),

used as (
    select
        organization_id,
        address_id
    from orders
    {% if var('match_billing_address') %}
    union
    select
        organization_id,
        billing_address_id as address_id
    from orders
    {% endif %}
),

parted as (
    select distinct
        used.organization_id,
        {{ address_part_columns() }}
    from used
    inner join addresses on used.address_id = addresses.address_id
    where {{ address_identity('addresses') }} is not null
)

select * from parted
