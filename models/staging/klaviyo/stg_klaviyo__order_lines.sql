-- One row per version of an order event and line in it, as the Shopify integration or the commercetools plugin wrote
-- it. What a home-made integration writes has no known place for lines.
{% set line_fields = ['id', 'product_id', 'variant_id', 'sku', 'title', 'quantity', 'price', 'total_discount'] %}

with
events as (select * from {{ ref('stg_klaviyo__events') }}),

shopify_lines as (
    select
        organization_id,
        event_id,
        payload_hash,
        loaded_at,
        {{ json_numbered_rows('properties_json', '$."$extra".line_items', 'line_json', 'line_number') }}
    from events
    where mapping = 'shopify' and event_type = 'placed'
),

shopify_fields as (
    select
        *,
        {{ json_fields('line_json', line_fields) }} as line
    from shopify_lines
),

shopify_amounts as (
    select
        *,
        try_cast(line.quantity as decimal(18, 4)) as quantity,
        {{ amount('line.price') }} as unit_price_amount,
        coalesce({{ amount('line.total_discount') }}, 0) as discount_amount
    from shopify_fields
),

plugin_lines as (
    select
        organization_id,
        event_id,
        payload_hash,
        loaded_at,
        {{ json_rows('properties_json', '$.lineItems') }} as line_json
    from events
    where mapping = 'commercetools' and event_type = 'placed'
),

plugin_fields as (
    {{ commercetools_line_fields('plugin_lines') | indent(4) }}
),

renamed as (
    select
        organization_id,
        event_id,
        payload_hash,
        loaded_at,
        coalesce(line.id, cast(line_number as varchar)) as line_id,
        line.product_id,
        line.variant_id,
        {{ trimmed('line.sku') }} as sku,
        {{ trimmed('line.title') }} as title,
        quantity,
        unit_price_amount,
        cast(discount_amount as decimal(18, 4)) as discount_amount,
        cast(unit_price_amount * quantity - discount_amount as decimal(18, 4)) as subtotal_amount
    from shopify_amounts
    union all
    select
        organization_id,
        event_id,
        payload_hash,
        loaded_at,
        {{ commercetools_line_columns() | indent(8) }}
    from plugin_fields
)

select * from renamed
