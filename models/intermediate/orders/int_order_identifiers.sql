-- One row per order: its keys; an empty one is null. `is_gift`: shipped to another address, and another name, than it
-- is billed to. `order_hash` is another when anything is that a verdict depends on or a mart shows.
{{ config(
    materialized='incremental',
    incremental_strategy='replace_scope',
    meta={'scope': 'int_orders__to_key', 'keys': order_key(), 'keeps_before': true},
) }}
with
orders as (
    {{ in_scope(ref('int_orders__unioned'), 'int_orders__to_key', order_key()) | indent(4) }}
),

addresses {{ inlined_but_in_ticks() }} (
    {{ addresses_of(ref('int_addresses'), [('orders', 'ship_address_id'), ('orders', 'bill_address_id')]) | indent(4) }}
),

keyed as (
    select
        *,
        {{ email_key('email') }} as written_email_key,
        {{ row_hash([
            'provider', 'currency', 'total_amount', 'net_amount', 'is_test', 'is_cancelled', 'ordered_at',
            'discount_codes', 'customer_id',
        ]) }} as facts_hash
    from orders
),

emailed as (
    {{ with_email_keys('keyed') | indent(4) }}
),

identified as (
    select
        emailed.organization_id,
        emailed.order_id,
        emailed.customer_id,
        emailed.written_email_key,
        emailed.email_key,
        emailed.email_canonical_key,
        emailed.email_domain,
        emailed.ship_address_id as address_id,
        shipping.address_key,
        {{ address_reading('shipping') }} as address_reading,
        emailed.bill_address_id as billing_address_id,
        {{ address_reading('billing') }} as billing_address_reading,
        emailed.facts_hash,
        emailed.ordered_at,
        coalesce(
            {{ address_identity('shipping') }} <> {{ address_identity('billing') }}
            and {{ name_key('emailed.ship_name') }} <> {{ name_key('emailed.bill_name') }}, false
        ) as is_gift
    from emailed
    left join addresses as shipping on emailed.ship_address_id = shipping.address_id
    left join addresses as billing on emailed.bill_address_id = billing.address_id
),

hashed as (
    select
        organization_id,
        order_id,
        customer_id,
        written_email_key,
        email_key,
        email_canonical_key,
        email_domain,
        address_id,
        address_key,
        address_reading,
        billing_address_id,
        billing_address_reading,
        {{ row_hash([
            'facts_hash', 'written_email_key', 'email_canonical_key', 'address_reading', 'billing_address_reading',
            'is_gift',
        ]) }} as order_hash,
        is_gift,
        ordered_at
    from identified
)

select * from hashed
