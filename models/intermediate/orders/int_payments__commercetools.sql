-- One row per payment at commercetools, as last updated, with what was paid back of it.
{% set refunded = "sum(case when transaction_type = 'Refund' and state = 'Success' then abs(amount) end)" %}

with
released as (
    {{ released_rows(ref('stg_commercetools__payment_transactions'), ref('stg_ops__held_organizations')) | indent(4) }}
),

latest as (
    select *
    from released
    qualify
        dense_rank() over (
            partition by organization_id, payment_id
            order by updated_at desc, loaded_at desc, payload_hash
        ) = 1
),

payments as (
    select
        organization_id,
        payment_id,
        -- a charge-back is the bank's doing and no refund of the shop's
        {{ amount(refunded) }} as refunded_amount,
        max(case when transaction_type = 'Refund' and state = 'Success' then occurred_at end) as refunded_at,
        min(case when transaction_type = 'Charge' and state = 'Success' then occurred_at end) as paid_at,
        coalesce(bool_or(is_held_back), false)
        or {{ is_beyond_amounts(refunded) }} as is_unreadable
    from latest
    group by organization_id, payment_id
)

select * from payments
