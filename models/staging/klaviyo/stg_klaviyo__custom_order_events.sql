-- One row per version of an order event whose properties a home-made integration wrote: each field at the path that
-- the organization's settings name, amounts in the unit they name.
{% set amounts = ['total_amount', 'subtotal_amount', 'discount_amount', 'shipping_amount', 'tax_amount'] %}
{% set fields = amounts + [
        'order_id', 'order_number', 'email', 'currency', 'discount_codes', 'source_name', 'is_test',
        'ship_name', 'ship_company', 'ship_address1', 'ship_address2', 'ship_city', 'ship_region',
        'ship_postal_code', 'ship_country', 'bill_name', 'bill_company', 'bill_address1', 'bill_address2', 'bill_city',
        'bill_region', 'bill_postal_code', 'bill_country',
] %}
{% set profile_fields = ['email', 'phone_number', 'external_id', 'location'] %}
{% set location_fields = ['address1', 'address2', 'city', 'region', 'zip', 'country'] %}

with
events as (
    select *
    from {{ ref('stg_klaviyo__events') }}
    where mapping = 'custom'
),

settings as (
    select
        organization_id,
        {% for field in fields %}
        max(case when name = 'path_{{ field }}' then value end) as path_{{ field }},
        {% endfor %}
        max(case when name = 'money_unit' then value end) as money_unit
    from {{ ref('stg_ops__source_settings') }}
    where source = 'klaviyo'
    group by organization_id
),

found as (
    select
        events.*,
        settings.money_unit,
        {% for field in fields %}
        {{ trimmed(json_text_at('events.properties_json', 'settings.path_' ~ field)) }} as {{ field }},
        {% endfor %}
        {{ json_text('events.properties_json', '$."$event_id"') }} as native_id,
        {{ json_fields('events.profile_json', profile_fields) }} as profile
    from events
    inner join settings on events.organization_id = settings.organization_id
),

located as (
    select
        *,
        {{ json_fields('profile.location', location_fields) }} as location
    from found
),

renamed as (
    select
        organization_id,
        event_id,
        payload_hash,
        coalesce(order_id, native_id) as order_id,
        event_type,
        profile_id,
        profile.external_id as customer_id,
        order_number,
        coalesce({{ trimmed('profile.email') }}, email) as email,
        profile.phone_number as phone,
        currency,
        -- one code as a text, or several as a list
        case
            when discount_codes like '[%' then {{ json_joined_texts('discount_codes', '$[*]') }}
            else discount_codes
        end as discount_codes,
        source_name,
        ship_name,
        ship_company,
        -- where the integration says no street, the profile's own place
        coalesce(ship_address1, {{ trimmed('location.address1') }}) as ship_address1,
        {% for field in ['address2', 'city', 'region', 'postal_code', 'country'] %}
        case
            when ship_address1 is null
                then {{ trimmed('location.' ~ ('zip' if field == 'postal_code' else field)) }}
            else ship_{{ field }}
        end as ship_{{ field }},
        {% endfor %}
        bill_name,
        bill_company,
        bill_address1,
        bill_address2,
        bill_city,
        bill_region,
        bill_postal_code,
        bill_country,
        {% for field in amounts %}
        case
            when money_unit = 'minor' then {{ minor_amount(field, fraction_digits('currency')) }}
            else {{ amount(field) }}
        end as {{ 'value_amount' if field == 'total_amount' else field }},
        {% endfor %}
        try_cast(is_test as boolean) as is_test,
        occurred_at,
        loaded_at
    from located
)

select {{ klaviyo_event_columns() | join(', ') }}
from renamed
