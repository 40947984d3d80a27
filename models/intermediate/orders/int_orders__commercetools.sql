-- One row per order at commercetools, as last updated, with the codes that counted and what its payments say.
{{ config(materialized='view') }}
{{ after('int_orders__to_read') }}
with
released as (
    {{ released_rows(ref('stg_commercetools__orders'), ref('stg_ops__held_organizations')) | indent(4) }}
),

latest as (
    select *
    from released
    qualify
        row_number() over (
            partition by organization_id, order_id
            order by updated_at desc, loaded_at desc, payload_hash
        ) = 1
),

codes as (select * from {{ ref('int_order_codes__commercetools') }}),

payments as (
    select
        referred.organization_id,
        referred.order_id,
        referred.payload_hash,
        sum(payments.refunded_amount) as refunded_amount,
        max(payments.refunded_at) as refunded_at,
        min(payments.paid_at) as paid_at
    from {{ ref('stg_commercetools__order_payments') }} as referred
    inner join {{ ref('int_payments__commercetools') }} as payments
        on referred.organization_id = payments.organization_id
        and referred.payment_id = payments.payment_id
    group by referred.organization_id, referred.order_id, referred.payload_hash
),

orders as (
    select
        latest.organization_id,
        latest.order_id,
        'commercetools' as provider,
        {% for column in order_text_columns() if column not in ('status', 'discount_codes') %}
        latest.{{ column }},
        {% endfor %}
        codes.discount_codes,
        case
            when latest.status = 'cancelled' then 'cancelled'
            when payments.refunded_amount >= latest.total_amount then 'refunded'
            else latest.status
        end as status,
        latest.total_amount,
        cast(null as decimal(18, 4)) as subtotal_amount,
        latest.discount_amount,
        latest.shipping_amount,
        latest.tax_amount,
        cast(payments.refunded_amount as decimal(18, 4)) as refunded_amount,
        false as is_test,
        latest.ordered_at,
        payments.paid_at,
        cast(null as timestamp) as fulfilled_at,
        payments.refunded_at,
        cast(null as timestamp) as cancelled_at
    from latest
    left join codes
        on latest.organization_id = codes.organization_id
        and latest.order_id = codes.order_id
        and latest.payload_hash = codes.payload_hash
    left join payments
        on latest.organization_id = payments.organization_id
        and latest.order_id = payments.order_id
        and latest.payload_hash = payments.payload_hash
)

select * from orders
