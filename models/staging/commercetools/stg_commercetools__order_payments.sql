-- One row per version of an order and payment that it refers to.
with
orders as (
    {{ versions_of_orders('raw_commercetools') | indent(4) }}
),

referred as (
    select
        organization_id,
        object_id as order_id,
        payload_hash,
        {{ json_rows('payload', '$.paymentInfo.payments') }} as payment
    from orders
),

renamed as (
    select
        organization_id,
        order_id,
        payload_hash,
        {{ json_text('payment', '$.id') }} as payment_id
    from referred
)

select * from renamed
