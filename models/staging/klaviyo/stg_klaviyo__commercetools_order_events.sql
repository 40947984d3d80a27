-- One row per version of an order event whose properties the commercetools plugin wrote: an order as commercetools
-- words it, amounts in minor units, discount codes by id alone (so there are none to match).
{% set properties = [
        'id', 'unique_id', '$value', 'orderNumber', 'customerId', 'customerEmail', 'totalPrice', 'shippingAddress',
        'billingAddress',
] %}
{% set address_fields = [
        'firstName', 'lastName', 'company', 'streetName', 'streetNumber', 'apartment', 'additionalStreetInfo', 'city',
        'region', 'postalCode', 'country',
] %}
{% set money_fields = ['centAmount', 'currencyCode', 'fractionDigits'] %}
{% set profile_fields = ['email', 'phone_number', 'external_id'] %}

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
        {{ json_fields('profile_json', profile_fields) }} as profile
    from events
),

fields as (
    select
        *,
        {{ json_fields('property.totalPrice', money_fields) }} as total,
        {{ json_fields('property.shippingAddress', address_fields) }} as ship,
        {{ json_fields('property.billingAddress', address_fields) }} as bill
    from properties
),

renamed as (
    select
        organization_id,
        event_id,
        payload_hash,
        coalesce(property.id, property.unique_id) as order_id,
        event_type,
        profile_id,
        coalesce(property.customerId, profile.external_id) as customer_id,
        property.orderNumber as order_number,
        coalesce({{ trimmed('profile.email') }}, {{ trimmed('property.customerEmail') }}) as email,
        profile.phone_number as phone,
        total.currencyCode as currency,
        cast(null as varchar) as discount_codes,
        cast(null as varchar) as source_name,
        {% for side in ['ship', 'bill'] %}
        {{ trimmed("coalesce(" ~ side ~ ".firstName, '') || ' ' || coalesce(" ~ side ~ ".lastName, '')") }}
            as {{ side }}_name,
        {{ trimmed(side ~ '.company') }} as {{ side }}_company,
        {{ street_line(side ~ '.streetNumber', side ~ '.streetName', side ~ '.country') }} as {{ side }}_address1,
        {{ trimmed("coalesce(" ~ side ~ ".apartment, '') || ' ' || coalesce(" ~ side ~ ".additionalStreetInfo, '')") }}
            as {{ side }}_address2,
        {{ trimmed(side ~ '.city') }} as {{ side }}_city,
        {{ trimmed(side ~ '.region') }} as {{ side }}_region,
        {{ trimmed(side ~ '.postalCode') }} as {{ side }}_postal_code,
        {{ trimmed(side ~ '.country') }} as {{ side }}_country,
        {% endfor %}
        -- a refund's own amount is the event's value; an order's is its total
        case
            when event_type = 'refunded' then {{ amount('property."$value"') }}
            else {{ minor_amount('total.centAmount', "coalesce(total.fractionDigits, '2')") }}
        end as value_amount,
        cast(null as decimal(18, 4)) as subtotal_amount,
        cast(null as decimal(18, 4)) as discount_amount,
        cast(null as decimal(18, 4)) as shipping_amount,
        cast(null as decimal(18, 4)) as tax_amount,
        cast(null as boolean) as is_test,
        occurred_at,
        loaded_at
    from fields
)

select {{ klaviyo_event_columns() | join(', ') }}
from renamed
