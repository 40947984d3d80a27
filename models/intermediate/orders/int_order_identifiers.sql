-- One row per order: the keys it can match by. An empty key is null and never matches anything.
with
orders as (select * from {{ ref('int_orders__unioned') }}),

addresses as (select * from {{ ref('int_addresses') }}),

keyed as (
    select
        organization_id,
        order_id,
        customer_id,
        {{ email_key('email') }} as email_key,
        {{ address_id('ship_') }} as address_id
    from orders
),

identified as (
    select
        keyed.organization_id,
        keyed.order_id,
        keyed.customer_id,
        keyed.email_key,
        {{ email_domain('keyed.email_key') }} as email_domain,
        keyed.address_id,
        addresses.address_key
    from keyed
    left join addresses on keyed.address_id = addresses.address_id
)

select * from identified
