-- One row per version of an order and line of it, amounts in the shop's currency.
{% set line_fields = [
        'id', 'sku', 'title', 'quantity', 'product', 'variant', 'originalUnitPriceSet', 'discountedTotalSet',
] %}
-- ids are addresses (gid://shopify/Product/501); their last part is the number that a shop's people know
{% set fields = {
        'line_id': ['text', "split_part(line.id, '/', -1)", 'required'],
        'product_id': ['text', "split_part(" ~ json_text('line.product', '$.id') ~ ", '/', -1)", none],
        'variant_id': ['text', "split_part(" ~ json_text('line.variant', '$.id') ~ ", '/', -1)", none],
        'sku': ['text', 'line.sku', none],
        'title': ['text', 'line.title', none],
        'quantity': ['quantity', 'line.quantity', 'required'],
        'unit_price_amount': [
            'amount', json_text('line.originalUnitPriceSet', '$.shopMoney.amount'), 'required'
        ],
        'subtotal_amount': ['amount', json_text('line.discountedTotalSet', '$.shopMoney.amount'), none],
} %}
{% set parts = {
        'line': ['object', 'line_json', 'decisive'],
        'product': ['object', 'line.product', none],
        'variant': ['object', 'line.variant', none],
        'discountedTotalSet': ['object', 'line.discountedTotalSet', none],
} %}

with
to_read as (
    {{ versions_of_orders('raw_shopify') | indent(4) }}
),

lines as (
    select
        organization_id,
        object_id as order_id,
        payload_hash,
        loaded_at,
        {{ json_numbered_rows('payload', '$.lineItems.nodes', 'line_json', 'line_number') }}
    from to_read
),

said as (
    select
        *,
        {{ json_fields('line_json', line_fields) }} as line
    from lines
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
