-- One row per order that has rows in `refunds/`: what was paid back in all, and when for the last time.
{{ config(materialized='view') }}
with
refunds as (select * from {{ ref('int_refund_rows') }}),

totals as (
    select
        organization_id,
        order_id,
        cast(sum(amount) as decimal(18, 4)) as refunded_amount,
        max(refunded_at) as refunded_at
    from refunds
    group by organization_id, order_id
)

select * from totals
