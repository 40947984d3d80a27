-- One row per order and refund in `refunds/`, merged column by column; one that cannot be read holds its order back.
{% set fields = {
        'amount': ['amount', 'said_amount', 'required'],
        'refunded_at': ['time', 'said_refunded_at', 'decisive'],
} %}
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

merged as (
    select
        organization_id,
        order_id,
        refund_id,
        {{ latest_value('reason') }} as reason,
        {{ latest_value('amount') }} as said_amount,
        {{ latest_value('refunded_at') }} as said_refunded_at,
        max(loaded_at) as loaded_at
    from statements
    group by organization_id, order_id, refund_id
),

typed as (
    {{ typed_rows('merged', fields) | indent(4) }}
),

refunds as (
    select
        organization_id,
        order_id,
        refund_id,
        reason,
        unreadable_fields,
        amount,
        is_held_back,
        refunded_at,
        loaded_at
    from typed
)

select * from refunds
