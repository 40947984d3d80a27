-- One row per order that has the e-mail or the code, or lives near the address, that a changed recipient had or has.
-- Empty outside ticks.
with
recipients as (select * from {{ ref('int_recipients__changed') }}),

orders as (select * from {{ ref('int_order_identifiers') }}),

near_addresses as (select * from {{ ref('int_addresses__near_changed') }}),

codes as (
    select
        organization_id,
        order_id,
        {{ split_rows('discount_codes', '|') }} as code
    from {{ ref('int_orders__unioned') }}
    where discount_codes is not null
        and organization_id in (
            select organization_id from recipients
            where code_key is not null
        )
),

sharing as (
    {% for key in ['email_key', 'email_canonical_key'] %}
    select
        orders.organization_id,
        orders.order_id
    from orders
    inner join recipients
        on orders.organization_id = recipients.organization_id
        and orders.{{ key }} = recipients.{{ key }}
    union
    {% endfor %}
    {% for key in ['address_id', 'billing_address_id'] if key == 'address_id' or var('match_billing_address') %}
    select
        orders.organization_id,
        orders.order_id
    from orders
    inner join near_addresses
        on orders.organization_id = near_addresses.organization_id
        and orders.{{ key }} = near_addresses.address_id
    union
    {% endfor %}
    select
        codes.organization_id,
        codes.order_id
    from codes
    inner join recipients
        on codes.organization_id = recipients.organization_id
        and {{ code_key('codes.code') }} = recipients.code_key
)

select * from sharing
where {{ only_in_ticks() }}
