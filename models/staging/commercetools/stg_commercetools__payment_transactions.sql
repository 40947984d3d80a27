-- One row per version of a payment and transaction in it; a payment whose transactions cannot be listed has one that is
-- held back. Refunds live here: they do not move the order.
{% set transaction_fields = ['id', 'type', 'state', 'timestamp', 'amount'] %}
{% set fields = {
        'payment_id': ['id', 'object_id', 'required'],
        'transaction_id': ['text', 'transacted.id', none],
        'transaction_type': ['status', 'transacted.type', 'decisive'],
        'state': ['status', 'transacted.state', 'decisive'],
        'currency': ['currency', 'money.currencyCode', none],
        'amount': ['amount', minor_units('money'), 'decisive'],
        'occurred_at': ['time', 'transacted.timestamp', none],
} %}
{% set payload_when_empty = 'case when transactions is null then payload end' %}
{% set parts = {
        'payload': ['json', payload_when_empty, 'decisive'],
        'transactions': ['list', 'transactions', 'decisive'],
        'transaction': ['object', 'transaction_json', 'decisive'],
        'transaction.amount': ['object', 'transacted.amount', 'decisive'],
} %}

with
payments as (
    select
        *,
        {{ json_text('payload', '$.transactions') }} as transactions
    from {{ source('raw_commercetools', 'payments') }}
),

listed as (
    select
        *,
        {{ json_rows('transactions', '$') }} as transaction_json
    from payments
    where {{ json_when_list('transactions') }} is not null
    union all
    select
        *,
        null as transaction_json
    from payments
    where {{ is_unreadable_part('list', 'transactions') }}
        or {{ is_unreadable_part('json', payload_when_empty) }}
        or {{ readable_id('object_id') }} is null
),

transactions as (
    select
        *,
        {{ json_fields('transaction_json', transaction_fields) }} as transacted
    from listed
),

said as (
    select
        *,
        {{ json_fields('transacted.amount', money_fields()) }} as money
    from transactions
),

typed as (
    {{ typed_rows('said', fields, parts) | indent(4) }}
),

renamed as (
    select
        organization_id,
        object_id as payment_id,
        payload_hash,
        transaction_id,
        transaction_type,
        state,
        currency,
        amount,
        unreadable_fields,
        is_held_back,
        occurred_at,
        changed_at as updated_at,
        loaded_at
    from typed
)

select * from renamed
