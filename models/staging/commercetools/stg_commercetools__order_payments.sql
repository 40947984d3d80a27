-- One row per version of an order and payment that it refers to.
{% set fields = {'payment_id': ['text', json_text('payment', '$.id'), 'required']} %}

with
orders as (
    {{ versions_of_orders('raw_commercetools') | indent(4) }}
),

referred as (
    select
        organization_id,
        object_id as order_id,
        payload_hash,
        loaded_at,
        {{ json_rows('payload', '$.paymentInfo.payments') }} as payment
    from orders
),

typed as (
    {{ typed_rows('referred', fields) | indent(4) }}
),

renamed as (
    select
        organization_id,
        order_id,
        payload_hash,
        payment_id,
        unreadable_fields,
        is_held_back,
        loaded_at
    from typed
)

select * from renamed
