-- One row per version of an order and refund of it, in the shop's currency.
{% set refund_fields = ['id', 'createdAt', 'processedAt', 'totalRefundedSet'] %}
{% set fields = {
        'refund_id': ['text', "split_part(refund.id, '/', -1)", 'required'],
        'amount': ['amount', json_text('refund.totalRefundedSet', '$.shopMoney.amount'), 'required'],
        'refunded_at': ['time', 'coalesce(' ~ trimmed('refund.processedAt') ~ ', refund.createdAt)', 'decisive'],
} %}
{% set parts = {'refund': ['object', 'refund_json', 'decisive']} %}

with
to_read as (
    {{ versions_of_orders('raw_shopify') | indent(4) }}
),

refunds as (
    select
        organization_id,
        object_id as order_id,
        payload_hash,
        loaded_at,
        {{ json_numbered_rows('payload', '$.refunds', 'refund_json', 'refund_number') }}
    from to_read
),

said as (
    select
        *,
        {{ json_fields('refund_json', refund_fields) }} as refund
    from refunds
),

typed as (
    {{ typed_rows('said', fields, parts) | indent(4) }}
),

renamed as (
    select
        organization_id,
        order_id,
        payload_hash,
        coalesce(refund_id, 'refund ' || refund_number) as refund_id,
        amount,
        refunded_at,
        unreadable_fields,
        is_held_back,
        loaded_at
    from typed
)

select * from renamed
