-- One row per version of an order and use of a discount code with it, whether it counted or not.
with
orders as (
    {{ versions_of_orders('raw_commercetools') | indent(4) }}
),

uses as (
    select
        organization_id,
        object_id as order_id,
        payload_hash,
        {{ json_rows('payload', '$.discountCodes') }} as used
    from orders
),

renamed as (
    select
        organization_id,
        order_id,
        payload_hash,
        {{ json_text('used', '$.discountCode.id') }} as discount_code_id,
        {{ json_text('used', '$.state') }} as state,
        {{ json_text('used', '$.discountCode.obj.code') }} as code
    from uses
)

select * from renamed
