-- One row per order event (placed, cancelled or refunded), with the profile as it was when first read. Should
-- Klaviyo ever word an event anew, the latest wording counts, once.
-- Property names are those of Klaviyo's Shopify integration; `value_amount` is the order's total or the refund.
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
    select
        organization_id,
        object_id as event_id,
        profile_id,
        event_type,
        occurred_at,
        {{ json_text('payload', '$.attributes.event_properties') }} as properties_json,
        {{ json_text('profile', '$.attributes') }} as profile_json
    from {{ source('raw_klaviyo', 'order_events') }}
    where mapping = 'shopify'
    qualify
        row_number() over (
            partition by organization_id, object_id
            order by loaded_at desc, payload_hash
        ) = 1
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
        coalesce(placed.id, property."$event_id") as order_id,
        event_type,
        profile_id,
        profile.external_id as customer_id,
        placed.name as order_number,
        nullif(trim(coalesce(nullif(trim(profile.email), ''), placed.email)), '') as email,
        profile.phone_number as phone,
        coalesce(property."$currency_code", placed.currency) as currency,
        coalesce(order_codes, event_codes) as discount_codes,
        placed.source_name,
        {% for side in ['ship', 'bill'] %}
        nullif(trim({{ side }}.name), '') as {{ side }}_name,
        nullif(trim({{ side }}.company), '') as {{ side }}_company,
        nullif(trim({{ side }}.address1), '') as {{ side }}_address1,
        nullif(trim({{ side }}.address2), '') as {{ side }}_address2,
        nullif(trim({{ side }}.city), '') as {{ side }}_city,
        nullif(trim({{ side }}.province), '') as {{ side }}_region,
        nullif(trim({{ side }}.zip), '') as {{ side }}_postal_code,
        nullif(trim({{ side }}.country_code), '') as {{ side }}_country,
        {% endfor %}
        cast(property."$value" as decimal(18, 4)) as value_amount,
        cast(placed.subtotal_price as decimal(18, 4)) as subtotal_amount,
        cast(placed.total_discounts as decimal(18, 4)) as discount_amount,
        cast(placed.total_shipping as decimal(18, 4)) as shipping_amount,
        cast(placed.total_tax as decimal(18, 4)) as tax_amount,
        cast(placed.test as boolean) as is_test,
        occurred_at
    from addresses
)

select * from renamed
