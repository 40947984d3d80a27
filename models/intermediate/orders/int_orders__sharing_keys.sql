-- One row per order that has the e-mail or the code, or lives near the address, that a changed recipient had or has.
-- Empty outside ticks.
with
recipients {{ inlined() }} (select * from {{ ref('int_recipients__changed') }}),

orders {{ inlined() }} (select * from {{ ref('int_order_identifiers') }}),

near_addresses as (select * from {{ ref('int_addresses__near_changed') }}),

redeemed as (select * from {{ ref('int_redeemed_codes') }}),

sharing as (
    {% for key in ['email_key', 'email_canonical_key'] %}
    select
        orders.organization_id,
        orders.order_id
    from orders
    where exists (
            select 1
            from recipients
            where recipients.organization_id = orders.organization_id and recipients.{{ key }} = orders.{{ key }}
        )
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
        redeemed.organization_id,
        redeemed.order_id
    from redeemed
    where exists (
            select 1
            from recipients
            where recipients.organization_id = redeemed.organization_id and recipients.code_key = redeemed.code_key
        )
)

select * from sharing
where {{ only_in_ticks() }}
