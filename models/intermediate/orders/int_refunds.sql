-- One row per order that has rows in `refunds/`: what was paid back in all, and when for the last time. `is_unreadable`
-- where one of them cannot be read, or all of them are beyond the bounds.
{{ config(materialized='view') }}
with
refunds as (select * from {{ ref('int_refund_rows') }}),

totals as (
    select
        organization_id,
        order_id,
        {{ amount('sum(amount)') }} as refunded_amount,
        coalesce(bool_or(is_held_back), false) or {{ is_beyond_amounts('sum(amount)') }} as is_unreadable,
        max(refunded_at) as refunded_at
    from refunds
    group by organization_id, order_id
)

select * from totals
