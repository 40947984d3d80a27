-- One row per version of an order event whose properties the commercetools plugin wrote: an order as commercetools
-- words it, amounts in minor units, discount codes by id alone (so there are none to match).
{% set properties = [
        'id', 'unique_id', '$value', 'orderNumber', 'customerId', 'customerEmail', 'totalPrice', 'shippingAddress',
        'billingAddress', 'lineItems',
] %}
{% set address_fields = [
        'firstName', 'lastName', 'company', 'streetName', 'streetNumber', 'apartment', 'additionalStreetInfo', 'city',
        'region', 'postalCode', 'country',
] %}
{% set money_fields = ['centAmount', 'currencyCode', 'fractionDigits'] %}
{% set fields = klaviyo_event_fields() %}
{% do fields.update({
        'order_id': ['text', 'coalesce(property.id, property.unique_id)', 'required'],
        'order_number': ['text', 'property.orderNumber', none],
        'customer_id': ['text', 'coalesce(property.customerId, profile.external_id)', none],
        'email': ['text', 'coalesce(' ~ trimmed('profile.email') ~ ', property.customerEmail)', none],
        'currency': ['currency', 'total.currencyCode', none],
        'total_amount': ['amount', minor_units('total', "'2'"), 'decisive'],
        'refund_amount': ['amount', "case when event_type = 'refunded' then property.\"$value\" end", 'decisive'],
}) %}
{% set parts = klaviyo_event_parts() %}
{% for part in ['totalPrice', 'shippingAddress', 'billingAddress'] %}
{% do parts.update({part: ['object', 'property.' ~ part, 'decisive' if part == 'totalPrice' else none]}) %}
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

said as (
    select
        *,
        {{ json_fields('property.totalPrice', money_fields) }} as total,
        {{ json_fields('property.shippingAddress', address_fields) }} as ship,
        {{ json_fields('property.billingAddress', address_fields) }} as bill
    from properties
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
        {% for name in ['subtotal', 'discount', 'shipping', 'tax'] %}
        cast(null as decimal(18, 4)) as {{ name }}_amount,
        {% endfor %}
        cast(null as boolean) as is_test,
        unreadable_fields,
        is_held_back
    from typed
)

select {{ klaviyo_event_columns() | join(', ') }}
from judged
