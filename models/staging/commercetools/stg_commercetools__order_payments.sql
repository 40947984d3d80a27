-- One row per version of an order and payment that it refers to.
with
orders as (select * from {{ source('raw_commercetools', 'orders') }}),

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
