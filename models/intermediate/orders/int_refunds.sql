-- One row per order that has rows in `refunds/`: what was paid back in all, and when for the last time.
{{ config(materialized='view') }}
{{ after('int_orders__to_read') }}
with
statements as (
    select
        *,
        {{ statement_order(['organization_id', 'order_id', 'refund_id']) }} as statement_order
    from {{ ref('stg_files__refunds') }}
    where is_current
),

refunds as (
    select
        organization_id,
        order_id,
        refund_id,
        cast({{ latest_value('amount') }} as decimal(18, 4)) as amount,
        cast({{ latest_value('refunded_at') }} as timestamp) as refunded_at
    from statements
    group by organization_id, order_id, refund_id
),

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
