-- One row per order: the keys it can match by. An empty key is null and never matches anything. `is_gift` tells an
-- order that is shipped to another address, and to another name, than it is billed to.
with
orders as (select * from {{ ref('int_orders__unioned') }}),

addresses as (select * from {{ ref('int_addresses') }}),

emails as (select * from {{ ref('int_emails') }}),

keyed as (
    select
        organization_id,
        order_id,
        customer_id,
        {{ email_key('email') }} as written_email_key,
        {{ address_id('ship_') }} as address_id,
        {{ address_id('bill_') }} as billing_address_id,
        {{ name_key('ship_name') }} as ship_name,
        {{ name_key('bill_name') }} as bill_name
    from orders
),

identified as (
    select
        keyed.organization_id,
        keyed.order_id,
        keyed.customer_id,
        keyed.written_email_key,
        emails.email_key,
        emails.email_canonical_key,
        {{ email_domain('keyed.written_email_key') }} as email_domain,
        keyed.address_id,
        shipping.address_key,
        {{ address_reading('shipping') }} as address_reading,
        keyed.billing_address_id,
        {{ address_reading('billing') }} as billing_address_reading,
        coalesce(
            {{ address_identity('shipping') }} <> {{ address_identity('billing') }}
            and keyed.ship_name <> keyed.bill_name, false
        ) as is_gift
    from keyed
    left join emails on keyed.written_email_key = emails.written_email_key
    left join addresses as shipping on keyed.address_id = shipping.address_id
    left join addresses as billing on keyed.billing_address_id = billing.address_id
)

select * from identified
