-- One row per version of an order event whose properties Klaviyo's Shopify integration wrote; `value_amount` is the
-- order's total or the refund.
{% set properties = ['$event_id', '$value', '$currency_code', '$extra'] %}
{% set order_fields = [
        'id',
        'name',
        'email',
        'currency',
        'subtotal_price',
        'total_discounts',
        'total_shipping',
        'total_tax',
        'source_name',
        'test',
        'shipping_address',
        'billing_address',
] %}
{% set address_fields = [
        'name',
        'company',
        'address1',
        'address2',
        'city',
        'province',
        'zip',
        'country_code',
] %}
{% set profile_fields = ['email', 'phone_number', 'external_id'] %}

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
        {{ json_fields('profile_json', profile_fields) }} as profile,
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

addresses as (
    select
        *,
        {{ json_fields('placed.shipping_address', address_fields) }} as ship,
        {{ json_fields('placed.billing_address', address_fields) }} as bill
    from orders
),

renamed as (
    select
        organization_id,
        event_id,
        payload_hash,
        coalesce(placed.id, property."$event_id") as order_id,
        event_type,
        profile_id,
        profile.external_id as customer_id,
        placed.name as order_number,
        coalesce({{ trimmed('profile.email') }}, {{ trimmed('placed.email') }}) as email,
        profile.phone_number as phone,
        coalesce(property."$currency_code", placed.currency) as currency,
        coalesce(order_codes, event_codes) as discount_codes,
        placed.source_name,
        {% for side in ['ship', 'bill'] %}
        {{ trimmed(side ~ '.name') }} as {{ side }}_name,
        {{ trimmed(side ~ '.company') }} as {{ side }}_company,
        {{ trimmed(side ~ '.address1') }} as {{ side }}_address1,
        {{ trimmed(side ~ '.address2') }} as {{ side }}_address2,
        {{ trimmed(side ~ '.city') }} as {{ side }}_city,
        {{ trimmed(side ~ '.province') }} as {{ side }}_region,
        {{ trimmed(side ~ '.zip') }} as {{ side }}_postal_code,
        {{ trimmed(side ~ '.country_code') }} as {{ side }}_country,
        {% endfor %}
        {{ amount('property."$value"') }} as value_amount,
        {{ amount('placed.subtotal_price') }} as subtotal_amount,
        {{ amount('placed.total_discounts') }} as discount_amount,
        {{ amount('placed.total_shipping') }} as shipping_amount,
        {{ amount('placed.total_tax') }} as tax_amount,
        try_cast(placed.test as boolean) as is_test,
        occurred_at,
        loaded_at
    from addresses
)

select {{ klaviyo_event_columns() | join(', ') }}
from renamed
