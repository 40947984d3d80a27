-- One row per order that is published: of a live organization that publishes anywhere and is not held back, no test,
-- and with an identifier. One below zero is refused by name at every tool (`is_negative`). `email`, `phone_number` and
-- `customer_id` are what the order itself says, never what it was matched to. One subtotal for all providers: what the
-- goods cost before discounts, so that it, less discount, with tax and shipping, is the total.
{{ config(materialized='view') }}
with
orders as (select * from {{ ref('int_orders__unioned') }}),

organizations as (
    select *
    from {{ ref('int_organizations') }}
    where status = 'live' and is_synced and nullif(trim(publish_to), '') is not null
        and organization_id not in (select organization_id from {{ ref('stg_ops__held_organizations') }})
),

codes as (select * from {{ ref('calling_codes') }}),

identified as (
    select
        orders.*,
        organizations.publish_to,
        organizations.currency as organization_currency,
        {{ usable_email('identifiers.email_key') }} as published_email,
        {{ e164_phone('orders.phone', 'codes') }} as phone_number,
        {{ trimmed('orders.customer_id') }} as published_customer_id,
        cast(
            orders.total_amount - coalesce(orders.tax_amount, 0) - coalesce(orders.shipping_amount, 0)
            + coalesce(orders.discount_amount, 0) as decimal(18, 4)
        ) as goods_amount
    from orders
    inner join organizations on orders.organization_id = organizations.organization_id
    inner join {{ ref('int_order_identifiers') }} as identifiers
        on orders.organization_id = identifiers.organization_id
        and orders.order_id = identifiers.order_id
    left join codes
        on codes.country = upper(trim(coalesce(orders.ship_country, orders.bill_country, organizations.country)))
    where not orders.is_test
),

published as (
    select
        organization_id,
        order_id,
        order_number,
        publish_to,
        published_email as email,
        phone_number,
        published_customer_id as customer_id,
        currency,
        organization_currency,
        status,
        {{ listed_codes('discount_codes') }} as discount_codes,
        {% for side in ['ship', 'bill'] %}
        {% for part in ['name', 'address1', 'address2', 'city', 'region', 'postal_code', 'country'] %}
        {{ side }}_{{ part }},
        {% endfor %}
        {% endfor %}
        total_amount,
        goods_amount as subtotal_amount,
        discount_amount,
        shipping_amount,
        tax_amount,
        refunded_amount,
        net_amount,
        is_cancelled,
        total_amount < 0 as is_negative,
        ordered_at,
        paid_at,
        fulfilled_at,
        refunded_at,
        cancelled_at
    from identified
    where coalesce(published_email, phone_number, published_customer_id) is not null
)

select * from published
