-- One row per version of an order and refund of it, in the shop's currency.
{% set refund_fields = ['id', 'createdAt', 'processedAt', 'totalRefundedSet'] %}

with
to_read as (
    {{ versions_of_orders('raw_shopify') | indent(4) }}
),

refunds as (
    select
        organization_id,
        object_id as order_id,
        payload_hash,
        {{ json_rows('payload', '$.refunds') }} as refund_json
    from to_read
),

fields as (
    select
        *,
        {{ json_fields('refund_json', refund_fields) }} as refund
    from refunds
),

renamed as (
    select
        organization_id,
        order_id,
        payload_hash,
        split_part(refund.id, '/', -1) as refund_id,
        {{ amount(json_text('refund.totalRefundedSet', '$.shopMoney.amount')) }} as amount,
        coalesce({{ utc_time('refund.processedAt') }}, {{ utc_time('refund.createdAt') }}) as refunded_at
    from fields
)

select * from renamed
