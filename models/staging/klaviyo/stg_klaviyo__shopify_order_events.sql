-- One row per version of an order event whose properties Klaviyo's Shopify integration wrote; `value_amount` is the
-- order's total or the refund.
{% set properties = ['$event_id', '$value', '$currency_code', '$extra', 'Discount Codes'] %}
{% set order_fields = [
        'id', 'name', 'email', 'currency', 'subtotal_price', 'total_discounts', 'total_shipping', 'total_tax',
        'source_name', 'test', 'shipping_address', 'billing_address', 'discount_codes', 'line_items', 'shipping_lines',
        'total_shipping_price_set', 'taxes_included', 'total_tip_received', 'original_total_duties_set',
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
        'native_id': ['text', 'property."$event_id"', none],
        'order_number': ['text', 'placed.name', none],
        'email': ['text', 'coalesce(' ~ trimmed('profile.email') ~ ', placed.email)', none],
        'currency': ['currency', 'coalesce(property."$currency_code", placed.currency)', none],
        'discount_codes': ['codes', 'coalesce(order_codes, event_codes)', none],
        'source_name': ['text', 'placed.source_name', none],
        'value_amount': ['amount', 'property."$value"', 'decisive'],
        'subtotal_amount': ['amount', 'placed.subtotal_price', none],
        'discount_amount': ['amount', 'placed.total_discounts', none],
        'shipping_amount': ['amount', 'shipping_text', none],
        'told_shipping_tax_amount': ['amount', 'shipping_tax_text', none],
        'tip_amount': ['amount', 'placed.total_tip_received', none],
        'duties_amount': ['amount', json_text('placed.original_total_duties_set', '$.shop_money.amount'), none],
        'taxes_included': ['flag', 'placed.taxes_included', none],
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
        'shipping_lines': ['list', 'placed.shipping_lines', none],
        'total_shipping_price_set': ['object', 'placed.total_shipping_price_set', none],
        'original_total_duties_set': ['object', 'placed.original_total_duties_set', none],
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
        -- after its discounts where the lines tell
        coalesce(
            case
                when {{ json_joined_texts('placed.shipping_lines', '$[*].discounted_price') }} is not null
                    then cast({{ total_in_list('placed.shipping_lines', '$[*].discounted_price') }} as varchar)
            end,
            {{ json_text('placed.total_shipping_price_set', '$.shop_money.amount') }},
            placed.total_shipping,
            cast({{ total_in_list('placed.shipping_lines', '$[*].price') }} as varchar)
        ) as shipping_text,
        case
            when {{ json_text('placed.shipping_lines', '$[0].tax_lines') }} is not null
                then cast({{ total_in_list('placed.shipping_lines', '$[*].tax_lines[*].price') }} as varchar)
        end as shipping_tax_text,
        {{ json_fields('placed.shipping_address', address_fields.values() | map('first') | list) }} as ship,
        {{ json_fields('placed.billing_address', address_fields.values() | map('first') | list) }} as bill
    from orders
),

typed as (
    {{ typed_rows('said', fields, parts) | indent(4) }}
),

priced as (
    select
        *,
        {{ order_parts({
            'goods_amount': 'subtotal_amount',
            'shipping_tax_amount': 'told_shipping_tax_amount',
            'other_amount': 'coalesce(tip_amount, 0) + coalesce(duties_amount, 0)',
            'has_tax_in_prices': 'taxes_included',
        }) | indent(8) }}
    from typed
)

select {{ klaviyo_event_columns() | join(', ') }}
from priced
