-- One row per version of a payment and transaction in it. Refunds live here: they do not move the order.
{% set transaction_fields = ['id', 'type', 'state', 'timestamp', 'amount'] %}
{% set money_fields = ['centAmount', 'currencyCode', 'fractionDigits'] %}

with
payments as (
    select
        organization_id,
        object_id as payment_id,
        payload_hash,
        changed_at,
        loaded_at,
        {{ json_rows('payload', '$.transactions') }} as transaction_json
    from {{ source('raw_commercetools', 'payments') }}
),

fields as (
    select
        *,
        {{ json_fields('transaction_json', transaction_fields) }} as transacted
    from payments
),

amounts as (
    select
        *,
        {{ json_fields('transacted.amount', money_fields) }} as money
    from fields
),

renamed as (
    select
        organization_id,
        payment_id,
        payload_hash,
        transacted.id as transaction_id,
        transacted.type as transaction_type,
        transacted.state,
        money.currencyCode as currency,
        {{ minor_amount('money.centAmount', 'money.fractionDigits') }} as amount,
        {{ utc_time('transacted.timestamp') }} as occurred_at,
        changed_at as updated_at,
        loaded_at
    from amounts
)

select * from renamed
