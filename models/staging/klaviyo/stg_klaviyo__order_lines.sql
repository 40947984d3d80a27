-- One row per version of an order event and line in it, as the Shopify integration or the commercetools plugin wrote
-- it. What a home-made integration writes has no known place for lines.
{% set line_fields = ['id', 'product_id', 'variant_id', 'sku', 'title', 'quantity', 'price', 'total_discount'] %}
{% set shopify_line = {
        'line_id': ['text', 'coalesce(line.id, cast(line_number as varchar))', none],
        'product_id': ['text', 'line.product_id', none],
        'variant_id': ['text', 'line.variant_id', none],
        'sku': ['text', 'line.sku', none],
        'title': ['text', 'line.title', none],
        'quantity': ['quantity', 'line.quantity', 'required'],
        'unit_price_amount': ['amount', 'line.price', 'required'],
        'told_discount_amount': ['amount', 'line.total_discount', none],
} %}
{% set shopify_parts = {'line': ['object', 'line_json', 'decisive']} %}
{% set plugin_line, plugin_parts = commercetools_line(), commercetools_line_parts() %}

with
events as (select * from {{ ref('stg_klaviyo__events') }}),

{% for mapping, path in {'shopify': '$."$extra".line_items', 'commercetools': '$.lineItems'}.items() %}
{{ mapping }}_lines as (
    select
        organization_id,
        event_id,
        payload_hash,
        loaded_at,
        {{ json_numbered_rows('properties_json', path, 'line_json', 'line_number') }}
    from events
    where mapping = '{{ mapping }}' and event_type = 'placed'
),

{% endfor %}
shopify_said as (
    select
        *,
        {{ json_fields('line_json', line_fields) }} as line
    from shopify_lines
),

shopify_typed as (
    {{ typed_rows('shopify_said', shopify_line, shopify_parts) | indent(4) }}
),

plugin_said as (
    {{ commercetools_line_fields('commercetools_lines') | indent(4) }}
),

plugin_typed as (
    {{ typed_rows('plugin_said', plugin_line, plugin_parts) | indent(4) }}
),

renamed as (
    select
        organization_id,
        event_id,
        payload_hash,
        loaded_at,
        {{ numbered_line_id() }} as line_id,
        product_id,
        variant_id,
        sku,
        title,
        quantity,
        unit_price_amount,
        coalesce(told_discount_amount, 0) as discount_amount,
        {{ amount('unit_price_amount * quantity - coalesce(told_discount_amount, 0)') }} as subtotal_amount,
        unreadable_fields,
        is_held_back
    from shopify_typed
    union all
    select
        organization_id,
        event_id,
        payload_hash,
        loaded_at,
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
        is_held_back
    from plugin_typed
)

select * from renamed
