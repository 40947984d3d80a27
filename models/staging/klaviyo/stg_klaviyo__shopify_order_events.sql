-- One row per version of an order event whose properties Klaviyo's Shopify integration wrote; `value_amount` is the
-- order's total or the refund.
{% set properties = ['$event_id', '$value', '$currency_code', '$extra', 'Discount Codes'] %}
{% set order_fields = [
        'id', 'name', 'email', 'currency', 'subtotal_price', 'total_discounts', 'total_shipping', 'total_tax',
        'source_name', 'test', 'shipping_address', 'billing_address', 'discount_codes', 'line_items',
] %}
{% set address_fields = {
        'name': ['name', 'text'],
        'company': ['company', 'text'],
        'address1': ['address1', 'address'],
        'address2': ['address2', 'address'],
        'city': ['city', 'address'],
        'region': ['province', 'address'],
        'postal_code': ['zip', 'address'],
        'country': ['country_code', 'address'],
} %}
{% set fields = klaviyo_event_fields() %}
{% do fields.update({
        'order_id': ['text', 'coalesce(placed.id, property."$event_id")', 'required'],
        'order_number': ['text', 'placed.name', none],
        'email': ['text', 'coalesce(' ~ trimmed('profile.email') ~ ', placed.email)', none],
        'currency': ['currency', 'coalesce(property."$currency_code", placed.currency)', none],
        'discount_codes': ['codes', 'coalesce(order_codes, event_codes)', none],
        'source_name': ['text', 'placed.source_name', none],
        'value_amount': ['amount', 'property."$value"', 'decisive'],
        'subtotal_amount': ['amount', 'placed.subtotal_price', none],
        'discount_amount': ['amount', 'placed.total_discounts', none],
        'shipping_amount': ['amount', 'placed.total_shipping', none],
        'tax_amount': ['amount', 'placed.total_tax', none],
        'is_test': ['flag', 'placed.test', 'decisive'],
}) %}
{% set parts = klaviyo_event_parts() %}
{% do parts.update({'$extra': ['object', 'property."$extra"', none]}) %}
{% for part in ['shipping_address', 'billing_address'] %}
{% do parts.update({part: ['object', 'placed.' ~ part, none]}) %}
{% endfor %}
{% do parts.update({
        'discount_codes': ['list', 'placed.discount_codes', none],
        'Discount Codes': ['list', 'property."Discount Codes"', none],
        'line_items': ['list', 'placed.line_items', none],
}) %}
{% for side in ['ship', 'bill'] %}
{% for column, (field, kind) in address_fields.items() %}
{% do fields.update({side ~ '_' ~ column: [kind, side ~ '.' ~ field, none]}) %}
{% endfor %}
{% endfor %}

with
events as (
    select *
    from {{ ref('stg_klaviyo__events') }}
    where mapping = 'shopify'
),

properties as (
    select
        *,
        {{ json_fields('properties_json', properties) }} as property,
        {{ json_fields('profile_json', ['email', 'phone_number', 'external_id']) }} as profile,
        {{ json_joined_texts('properties_json', '$."$extra".discount_codes[*].code') }} as order_codes,
        {{ json_joined_texts('properties_json', '$."Discount Codes"[*]') }} as event_codes
    from events
),

orders as (
    select
        *,
        {{ json_fields('property."$extra"', order_fields) }} as placed
    from properties
),

said as (
    select
        *,
        {{ json_fields('placed.shipping_address', address_fields.values() | map('first') | list) }} as ship,
        {{ json_fields('placed.billing_address', address_fields.values() | map('first') | list) }} as bill
    from orders
),

typed as (
    {{ typed_rows('said', fields, parts) | indent(4) }}
)

select {{ klaviyo_event_columns() | join(', ') }}
from typed
