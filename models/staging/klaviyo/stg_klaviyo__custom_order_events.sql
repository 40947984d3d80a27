-- One row per version of an order event whose properties a home-made integration wrote: each field at the path that
-- the organization's settings name, amounts in the unit they name.
{% set amounts = ['total_amount', 'subtotal_amount', 'discount_amount', 'shipping_amount', 'tax_amount'] %}
{% set address_columns = ['address1', 'address2', 'city', 'region', 'postal_code', 'country'] %}
{% set paths = amounts + [
        'order_id', 'order_number', 'email', 'currency', 'discount_codes', 'source_name', 'is_test',
] %}
{% for side in ['ship', 'bill'] %}
{% for column in ['name', 'company'] + address_columns %}
{% do paths.append(side ~ '_' ~ column) %}
{% endfor %}
{% endfor %}
{% set fields = klaviyo_event_fields() %}
{% do fields.update({
        'order_id': ['text', 'coalesce(found_order_id, native_id_text)', 'required'],
        'native_id': ['text', 'native_id_text', none],
        'order_number': ['text', 'found_order_number', none],
        'email': ['text', 'coalesce(' ~ trimmed('profile.email') ~ ', found_email)', none],
        'currency': ['currency', 'found_currency', none],
        'discount_codes': ['codes', 'code_texts', none],
        'source_name': ['text', 'found_source_name', none],
        'is_test': ['flag', 'found_is_test', 'decisive'],
}) %}
{% for amount in amounts %}
{% do fields.update({
        'value_amount' if amount == 'total_amount' else amount: [
            'amount', "case when money_unit = 'minor' then " ~ minor_amount_text('found_' ~ amount, fraction_digits('found_currency'))
            ~ " else found_" ~ amount ~ " end", 'decisive' if amount == 'total_amount' else none
        ],
}) %}
{% endfor %}
{% for column in ['name', 'company'] + address_columns %}
{% set kind = 'address' if column in address_columns else 'text' %}
{% do fields.update({'bill_' ~ column: [kind, 'found_bill_' ~ column, none]}) %}
{% if kind == 'text' %}
{% do fields.update({'ship_' ~ column: [kind, 'found_ship_' ~ column, none]}) %}
{% else %}
-- where the integration says no street, the profile's own place
{% do fields.update({
        'ship_' ~ column: [
            kind, 'case when found_ship_address1 is null then location.' ~ ('zip' if column == 'postal_code' else column)
            ~ ' else found_ship_' ~ column ~ ' end', none
        ],
}) %}
{% endif %}
{% endfor %}
{% set parts = klaviyo_event_parts() %}
{% do parts.update({'location': ['object', 'profile.location', none]}) %}

with
events as (
    select *
    from {{ ref('stg_klaviyo__events') }}
    where mapping = 'custom'
),

settings as (
    select
        organization_id,
        {% for path in paths %}
        max(case when name = 'path_{{ path }}' then value end) as path_{{ path }},
        {% endfor %}
        max(case when name = 'money_unit' then value end) as money_unit
    from {{ ref('stg_ops__source_settings') }}
    where source = 'klaviyo'
    group by organization_id
),

looked_up as (
    select
        events.*,
        settings.money_unit,
        {% for path in paths %}
        {{ trimmed(json_text_at('events.properties_json', 'settings.path_' ~ path)) }} as found_{{ path }},
        {% endfor %}
        {{ json_text('events.properties_json', '$."$event_id"') }} as native_id_text,
        {{ json_fields('events.profile_json', ['email', 'phone_number', 'external_id', 'location']) }} as profile
    from events
    inner join settings on events.organization_id = settings.organization_id
),

said as (
    select
        *,
        -- one code as a text, or several as a list
        case
            when found_discount_codes like '[%' then {{ json_joined_texts('found_discount_codes', '$[*]') }}
            else found_discount_codes
        end as code_texts,
        {{ json_fields('profile.location', ['address1', 'address2', 'city', 'region', 'zip', 'country']) }} as location
    from looked_up
),

typed as (
    {{ typed_rows('said', fields, parts) | indent(4) }}
),

priced as (
    select
        *,
        {{ order_parts({'goods_amount': 'subtotal_amount'}) | indent(8) }}
    from typed
)

select {{ klaviyo_event_columns() | join(', ') }}
from priced
