-- One row per order and refund in `refunds/`, merged column by column.
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
        {{ latest_value('reason') }} as reason,
        cast({{ latest_value('amount') }} as decimal(18, 4)) as amount,
        cast({{ latest_value('refunded_at') }} as timestamp) as refunded_at
    from statements
    group by organization_id, order_id, refund_id
)

select * from refunds
