-- One row per version of a member of a segment that a campaign names as its audience.
{% set member_fields = ['firstName', 'lastName', 'defaultEmailAddress', 'defaultAddress'] %}
{% set address_fields = ['company', 'address1', 'address2', 'city', 'provinceCode', 'zip', 'countryCodeV2'] %}
{% set fields = {
        'recipient_id': ['id', 'profile_id', 'required'],
        'email': ['text', json_text('member.defaultEmailAddress', '$.emailAddress'), none],
        'first_name': ['text', 'member.firstName', none],
        'last_name': ['text', 'member.lastName', none],
        'company': ['text', 'address.company', none],
        'address1': ['address', 'address.address1', none],
        'address2': ['address', 'address.address2', none],
        'city': ['address', 'address.city', none],
        'region': ['address', 'address.provinceCode', none],
        'postal_code': ['address', 'address.zip', none],
        'country': ['address', 'address.countryCodeV2', none],
} %}
{% set parts = {
        'payload': ['json', 'case when member is null then payload end', 'decisive'],
        'defaultEmailAddress': ['object', 'member.defaultEmailAddress', none],
        'defaultAddress': ['object', 'member.defaultAddress', none],
} %}

with
versions as (
    select
        *,
        {{ json_fields('payload', member_fields) }} as member
    from {{ source('raw_shopify', 'segment_members') }}
),

said as (
    select
        *,
        {{ json_fields('member.defaultAddress', address_fields) }} as address
    from versions
),

typed as (
    {{ typed_rows('said', fields, parts) | indent(4) }}
),

renamed as (
    select
        organization_id,
        audience_id,
        profile_id as recipient_id,
        object_id,
        payload_hash,
        recipient_id as customer_id,
        {{ fields.keys() | reject('equalto', 'recipient_id') | join(', ') }},
        unreadable_fields,
        is_held_back,
        -- a member has no time of its own
        loaded_at as said_at,
        loaded_at
    from typed
)

select * from renamed
