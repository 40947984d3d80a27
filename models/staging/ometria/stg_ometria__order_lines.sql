-- One row per version of an order and line of it. Ometria's lines have no id: they are told apart by their place.
{% set line_fields = [
        'product_id', 'product', 'variant_id', 'sku', 'title', 'quantity', 'unit_price', 'discount', 'subtotal', 'total',
] %}

with
to_read as (
    {{ versions_of_orders('raw_ometria') | indent(4) }}
),

lines as (
    select
        organization_id,
        object_id as order_id,
        payload_hash,
        {{ json_numbered_rows('payload', '$.lineitems', 'line_json', 'line_number') }}
    from to_read
),

fields as (
    select
        *,
        {{ json_fields('line_json', line_fields) }} as line
    from lines
),

renamed as (
    select
        organization_id,
        order_id,
        payload_hash,
        cast(line_number as varchar) as line_id,
        coalesce(line.product_id, {{ json_text('line.product', '$.id') }}) as product_id,
        line.variant_id,
        {{ trimmed('line.sku') }} as sku,
        coalesce({{ trimmed('line.title') }}, {{ trimmed(json_text('line.product', '$.title')) }}) as title,
        try_cast(line.quantity as decimal(18, 4)) as quantity,
        {{ amount('line.unit_price') }} as unit_price_amount,
        abs({{ amount('line.discount') }}) as discount_amount,
        coalesce({{ amount('line.total') }}, {{ amount('line.subtotal') }}) as subtotal_amount
    from fields
)

select * from renamed
