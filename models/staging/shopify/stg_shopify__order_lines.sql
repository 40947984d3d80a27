-- One row per version of an order and line of it, amounts in the shop's currency.
{% set line_fields = [
        'id', 'sku', 'title', 'quantity', 'product', 'variant', 'originalUnitPriceSet', 'discountedTotalSet',
] %}

with
to_read as (
    {{ versions_of_orders('raw_shopify') | indent(4) }}
),

lines as (
    select
        organization_id,
        object_id as order_id,
        payload_hash,
        {{ json_rows('payload', '$.lineItems.nodes') }} as line_json
    from to_read
),

fields as (
    select
        *,
        {{ json_fields('line_json', line_fields) }} as line
    from lines
),

amounts as (
    select
        *,
        try_cast(line.quantity as decimal(18, 4)) as quantity,
        {{ amount(json_text('line.originalUnitPriceSet', '$.shopMoney.amount')) }} as unit_price_amount,
        {{ amount(json_text('line.discountedTotalSet', '$.shopMoney.amount')) }} as subtotal_amount
    from fields
),

renamed as (
    select
        organization_id,
        order_id,
        payload_hash,
        -- ids are addresses (gid://shopify/Product/501); their last part is the number that a shop's people know
        split_part(line.id, '/', -1) as line_id,
        split_part({{ json_text('line.product', '$.id') }}, '/', -1) as product_id,
        split_part({{ json_text('line.variant', '$.id') }}, '/', -1) as variant_id,
        {{ trimmed('line.sku') }} as sku,
        {{ trimmed('line.title') }} as title,
        quantity,
        unit_price_amount,
        cast(unit_price_amount * quantity - subtotal_amount as decimal(18, 4)) as discount_amount,
        subtotal_amount
    from amounts
)

select * from renamed
