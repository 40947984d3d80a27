-- One row per version of an order and use of a discount code with it, whether it counted or not.
{% set fields = {
        'discount_code_id': ['text', 'reference.id', none],
        'state': ['status', 'used.state', 'decisive'],
        'code': ['text', json_text('reference.obj', '$.code'), 'decisive'],
} %}
{% set parts = {
        'discountCodes': ['object', 'used_json', 'decisive'],
        'discountCodes.discountCode': ['object', 'used.discountCode', 'decisive'],
        'discountCodes.discountCode.obj': ['object', 'reference.obj', none],
} %}

with
orders as (
    {{ versions_of_orders('raw_commercetools') | indent(4) }}
),

uses as (
    select
        organization_id,
        object_id as order_id,
        payload_hash,
        loaded_at,
        {{ json_rows('payload', '$.discountCodes') }} as used_json
    from orders
),

used_codes as (
    select
        *,
        {{ json_fields('used_json', ['discountCode', 'state']) }} as used
    from uses
),

said as (
    select
        *,
        {{ json_fields('used.discountCode', ['id', 'obj']) }} as reference
    from used_codes
),

typed as (
    {{ typed_rows('said', fields, parts) | indent(4) }}
),

renamed as (
    select
        organization_id,
        order_id,
        payload_hash,
        discount_code_id,
        state,
        code,
        unreadable_fields,
        is_held_back,
        loaded_at
    from typed
)

select * from renamed
