-- One row per order and successful refund of a payment that it names. A charge-back is the bank's doing, and none.
{{ config(materialized='view') }}
{{ after('int_orders__to_read') }}
with
transactions as (
    {{ released_rows(ref('stg_commercetools__payment_transactions'), ref('stg_ops__held_organizations')) | indent(4) }}
),

latest as (
    select *
    from transactions
    qualify
        dense_rank() over (
            partition by organization_id, payment_id
            order by updated_at desc, loaded_at desc, payload_hash
        ) = 1
),

named as (
    {{ of_latest_versions(
        ref('stg_commercetools__order_payments'), ref('int_order_versions__latest'), 'commercetools'
    ) | indent(4) }}
),

refunds as (
    select
        named.organization_id,
        named.order_id,
        coalesce(latest.transaction_id, 'payment ' || latest.payment_id) as refund_id,
        cast(null as varchar) as reason,
        -- the payment itself says what could not be read
        cast(null as varchar) as unreadable_fields,
        latest.amount,
        latest.is_held_back,
        latest.occurred_at as refunded_at,
        latest.loaded_at
    from named
    inner join latest
        on named.organization_id = latest.organization_id
        and named.payment_id = latest.payment_id
    where latest.is_held_back or (latest.transaction_type = 'Refund' and latest.state = 'Success')
)

select * from refunds
