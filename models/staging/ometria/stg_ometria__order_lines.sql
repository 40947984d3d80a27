-- One row per version of an order and line of it. Ometria's lines have no id: they are told apart by their place.
{% set line_fields = [
        'product_id', 'product', 'variant_id', 'sku', 'title', 'quantity', 'unit_price', 'discount', 'subtotal', 'total',
] %}
{% set fields = {
        'product_id': ['text', 'coalesce(line.product_id, ' ~ json_text('line.product', '$.id') ~ ')', none],
        'variant_id': ['text', 'line.variant_id', none],
        'sku': ['text', 'line.sku', none],
        'title': [
            'text', 'coalesce(' ~ trimmed('line.title') ~ ', ' ~ json_text('line.product', '$.title') ~ ')', none
        ],
        'quantity': ['quantity', 'line.quantity', 'required'],
        'unit_price_amount': ['amount', 'line.unit_price', 'required'],
        'discount_amount': ['amount', 'line.discount', none],
        'subtotal_amount': ['amount', 'coalesce(line.total, line.subtotal)', none],
} %}
{% set parts = {
        'line': ['object', 'line_json', 'decisive'],
        'product': ['object', 'line.product', none],
} %}

with
to_read as (
    {{ versions_of_orders('raw_ometria') | indent(4) }}
),

lines as (
    select
        organization_id,
        object_id as order_id,
        payload_hash,
        loaded_at,
        {{ json_numbered_rows('payload', '$.lineitems', 'line_json', 'line_number') }}
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
        cast(line_number as varchar) as line_id,
        product_id,
        variant_id,
        sku,
        title,
        quantity,
        unit_price_amount,
        abs(discount_amount) as discount_amount,
        subtotal_amount,
        unreadable_fields,
        is_held_back,
        loaded_at
    from typed
)

select * from renamed
