-- One row per version of a member of an audience. A profile says nothing where a field is empty.
{% set profile_fields = ['email', 'external_id', 'first_name', 'last_name', 'organization', 'updated', 'location'] %}
{% set location_fields = ['address1', 'address2', 'city', 'region', 'zip', 'country'] %}
{% set fields = {
        'recipient_id': ['id', 'profile_id', 'required'],
        'customer_id': ['text', 'profile.external_id', none],
        'email': ['text', 'profile.email', none],
        'first_name': ['text', 'profile.first_name', none],
        'last_name': ['text', 'profile.last_name', none],
        'company': ['text', 'profile.organization', none],
        'address1': ['address', 'location.address1', none],
        'address2': ['address', 'location.address2', none],
        'city': ['address', 'location.city', none],
        'region': ['address', 'location.region', none],
        'postal_code': ['address', 'location.zip', none],
        'country': ['address', 'location.country', none],
        'updated_at': ['time', 'profile.updated', none],
} %}
{% set parts = {
        'payload': ['json', 'case when attributes_json is null then payload end', 'decisive'],
        'attributes': ['object', 'attributes_json', none],
        'location': ['object', 'profile.location', none],
} %}

with
members as (
    select
        *,
        {{ json_fields('payload', ['attributes']) }}.attributes as attributes_json
    from {{ source('raw_klaviyo', 'audience_members') }}
),

profiles as (
    select
        *,
        {{ json_fields('attributes_json', profile_fields) }} as profile
    from members
),

said as (
    select
        *,
        {{ json_fields('profile.location', location_fields) }} as location
    from profiles
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
        {{ fields.keys() | reject('in', ['recipient_id', 'updated_at']) | join(', ') }},
        unreadable_fields,
        is_held_back,
        coalesce(updated_at, joined_at, loaded_at) as said_at,
        loaded_at
    from typed
)

select * from renamed
