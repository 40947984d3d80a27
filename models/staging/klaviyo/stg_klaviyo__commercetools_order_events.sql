-- One row per version of an order event whose properties the commercetools plugin wrote: an order as commercetools
-- words it, amounts in minor units, discount codes by id alone (so there are none to match).
{% set properties = [
        'id', 'unique_id', '$value', 'orderNumber', 'customerId', 'customerEmail', 'totalPrice', 'shippingAddress',
        'billingAddress', 'lineItems', 'taxedPrice', 'shippingInfo', 'taxedShippingPrice',
        'customLineItems',
] %}
{% set address_fields = [
        'firstName', 'lastName', 'company', 'streetName', 'streetNumber', 'apartment', 'additionalStreetInfo', 'city',
        'region', 'postalCode', 'country',
] %}
{% set fields = klaviyo_event_fields() %}
{% do fields.update({
        'order_id': ['text', 'coalesce(property.id, property.unique_id)', 'required'],
        'native_id': ['text', 'property.unique_id', none],
        'order_number': ['text', 'property.orderNumber', none],
        'customer_id': ['text', 'coalesce(property.customerId, profile.external_id)', none],
        'email': ['text', 'coalesce(' ~ trimmed('profile.email') ~ ', property.customerEmail)', none],
        'currency': ['currency', 'total.currencyCode', none],
        'refund_amount': ['amount', "case when event_type = 'refunded' then property.\"$value\" end", 'decisive'],
}) %}
{% do fields.update(commercetools_price_fields('decisive', "'2'")) %}
{% set parts = klaviyo_event_parts() %}
{% do parts.update(commercetools_price_parts('property')) %}
{% for part in ['shippingAddress', 'billingAddress'] %}
{% do parts.update({part: ['object', 'property.' ~ part, none]}) %}
{% endfor %}
{% do parts.update({'lineItems': ['list', 'property.lineItems', none]}) %}
{% for side in ['ship', 'bill'] %}
{% do fields.update({
        side ~ '_name': [
            'text', "coalesce(" ~ side ~ ".firstName, '') || ' ' || coalesce(" ~ side ~ ".lastName, '')", none
        ],
        side ~ '_company': ['text', side ~ '.company', none],
        side ~ '_address1': [
            'address', street_line(side ~ '.streetNumber', side ~ '.streetName', side ~ '.country'), none
        ],
        side ~ '_address2': [
            'address', "coalesce(" ~ side ~ ".apartment, '') || ' ' || coalesce(" ~ side ~ ".additionalStreetInfo, '')", none
        ],
        side ~ '_city': ['address', side ~ '.city', none],
        side ~ '_region': ['address', side ~ '.region', none],
        side ~ '_postal_code': ['address', side ~ '.postalCode', none],
        side ~ '_country': ['address', side ~ '.country', none],
}) %}
{% for part in ['firstName', 'lastName', 'streetName', 'streetNumber', 'apartment', 'additionalStreetInfo'] %}
{% do parts.update({side ~ '.' ~ part: ['address', side ~ '.' ~ part, none]}) %}
{% endfor %}
{% endfor %}

with
events as (
    select *
    from {{ ref('stg_klaviyo__events') }}
    where mapping = 'commercetools'
),

properties as (
    select
        *,
        {{ json_fields('properties_json', properties) }} as property,
        {{ json_fields('profile_json', ['email', 'phone_number', 'external_id']) }} as profile
    from events
),

priced as (
    {{ commercetools_prices('properties', 'property') | indent(4) }}
),

said as (
    select
        *,
        property.shippingInfo as said_is_shipped,
        {{ json_fields('property.shippingAddress', address_fields) }} as ship,
        {{ json_fields('property.billingAddress', address_fields) }} as bill
    from priced
),

typed as (
    {{ typed_rows('said', fields, parts) | indent(4) }}
),

judged as (
    select
        *,
        -- a refund's own amount is the event's value; an order's is its total
        case when event_type = 'refunded' then refund_amount else total_amount end as value_amount,
        cast(null as varchar) as discount_codes,
        cast(null as varchar) as source_name,
        cast(null as decimal(18, 4)) as subtotal_amount,
        cast(null as decimal(18, 4)) as discount_amount,
        {{ commercetools_tax() }} as tax_amount,
        {{ commercetools_shipping() | indent(8) }} as shipping_amount,
        {{ order_parts({
            'goods_amount': commercetools_goods(),
            'other_amount': 'fee_amount',
            'has_tax_in_prices': 'false',
        }) | indent(8) }},
        cast(null as boolean) as is_test
    from typed
)

select {{ klaviyo_event_columns() | join(', ') }}
from judged
