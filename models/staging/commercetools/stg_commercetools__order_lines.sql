-- One row per version of an order and line of it, amounts exact from minor units. A name is that of its first locale.
{% set fields, parts = commercetools_line(), commercetools_line_parts() %}

with
to_read as (
    {{ versions_of_orders('raw_commercetools') | indent(4) }}
),

lines as (
    select
        organization_id,
        object_id as order_id,
        payload_hash,
        loaded_at,
        {{ json_numbered_rows('payload', '$.lineItems', 'line_json', 'line_number') }}
    from to_read
),

said as (
    {{ commercetools_line_fields('lines') | indent(4) }}
),

typed as (
    {{ typed_rows('said', fields, parts) | indent(4) }}
),

renamed as (
    select
        organization_id,
        order_id,
        payload_hash,
        {{ numbered_line_id() }} as line_id,
        product_id,
        variant_id,
        sku,
        title,
        quantity,
        unit_price_amount,
        {{ line_discount() }} as discount_amount,
        subtotal_amount,
        unreadable_fields,
        is_held_back,
        loaded_at
    from typed
)

select * from renamed
