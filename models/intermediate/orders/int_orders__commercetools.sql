-- One row per order at commercetools, as last updated, with the codes that counted and what its payments say. One whose
-- refunds cannot be read is held back; one that was deleted counts as a test.
{{ config(materialized='view') }}
{{ after('int_orders__to_read') }}
with
latest as (
    {{ of_latest_versions(
        ref('stg_commercetools__orders'), ref('int_order_versions__latest'), 'commercetools'
    ) | indent(4) }}
),

codes as (select * from {{ ref('int_order_codes__commercetools') }}),

deleted as (select * from {{ ref('stg_commercetools__deleted_orders') }}),

payments as (
    select
        referred.organization_id,
        referred.order_id,
        referred.payload_hash,
        {{ amount('sum(payments.refunded_amount)') }} as refunded_amount,
        max(payments.refunded_at) as refunded_at,
        min(payments.paid_at) as paid_at,
        bool_or(referred.payment_id is null or payments.is_unreadable)
        or {{ is_beyond_amounts('sum(payments.refunded_amount)') }} as is_unreadable
    from {{ ref('stg_commercetools__order_payments') }} as referred
    left join {{ ref('int_payments__commercetools') }} as payments
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
            when payments.refunded_amount >= latest.total_amount and payments.refunded_amount > 0 then 'refunded'
            else latest.status
        end as status,
        latest.total_amount,
        cast(null as decimal(18, 4)) as subtotal_amount,
        latest.discount_amount,
        latest.shipping_amount,
        latest.tax_amount,
        payments.refunded_amount,
        {% for column in order_part_columns() %}
        latest.{{ column }},
        {% endfor %}
        latest.has_tax_in_prices,
        {{ joined_problems([
            'latest.unreadable_fields', "case when codes.is_unreadable then 'discount_codes=not_readable' end",
            "case when payments.is_unreadable then 'refunded_amount=not_readable' end",
        ]) }} as unreadable_fields,
        deleted.order_id is not null as is_test,
        latest.is_held_back or coalesce(payments.is_unreadable, false) as is_held_back,
        latest.ordered_at,
        payments.paid_at,
        cast(null as timestamp) as fulfilled_at,
        payments.refunded_at,
        cast(null as timestamp) as cancelled_at,
        latest.loaded_at
    from latest
    left join codes
        on latest.organization_id = codes.organization_id
        and latest.order_id = codes.order_id
        and latest.payload_hash = codes.payload_hash
    left join deleted
        on latest.organization_id = deleted.organization_id
        and latest.order_id = deleted.order_id
    left join payments
        on latest.organization_id = payments.organization_id
        and latest.order_id = payments.order_id
        and latest.payload_hash = payments.payload_hash
)

select * from orders
