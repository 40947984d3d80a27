-- One row per order: the keys it can match by. An empty key is null and never matches anything. `is_gift` tells an
-- order that is shipped to another address, and to another name, than it is billed to. `order_hash` is another when
-- anything is that a verdict depends on or a mart shows.
{{ config(
    materialized='incremental',
    incremental_strategy='replace_scope',
    meta={'scope': 'int_orders__to_key', 'keys': order_key(), 'keeps_before': true},
) }}
with
orders as (
    {{ in_scope(ref('int_orders__unioned'), 'int_orders__to_key', order_key()) | indent(4) }}
),

addresses as (select * from {{ ref('int_addresses') }}),

emails as (select * from {{ ref('int_emails') }}),

keyed as (
    select
        *,
        {{ email_key('email') }} as written_email_key,
        {{ address_id('ship_') }} as address_id,
        {{ address_id('bill_') }} as billing_address_id,
        {{ one_text([
            'provider', 'currency', 'total_amount', 'net_amount', 'is_test', 'is_cancelled', 'ordered_at',
            'discount_codes', 'customer_id',
        ]) | indent(8) }} as order_facts
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
        keyed.order_facts,
        keyed.ordered_at,
        coalesce(
            {{ address_identity('shipping') }} <> {{ address_identity('billing') }}
            and {{ name_key('keyed.ship_name') }} <> {{ name_key('keyed.bill_name') }}, false
        ) as is_gift
    from keyed
    left join emails on keyed.written_email_key = emails.written_email_key
    left join addresses as shipping on keyed.address_id = shipping.address_id
    left join addresses as billing on keyed.billing_address_id = billing.address_id
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
        md5({{ one_text([
            'order_facts', 'written_email_key', 'email_canonical_key', 'address_reading', 'billing_address_reading',
            'is_gift',
        ]) | indent(8) }}) as order_hash,
        is_gift,
        ordered_at
    from identified
)

select * from hashed
