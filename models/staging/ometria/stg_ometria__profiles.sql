-- One row per version of a profile. A profile has a country and no address.
{% set profile_fields = ['email', 'customer_id', 'firstname', 'lastname', 'country'] %}
{% set fields = {
        'profile_id': ['id', 'object_id', 'required'],
        'customer_id': ['text', 'known.customer_id', none],
        'email': ['text', 'known.email', none],
        'first_name': ['text', 'known.firstname', none],
        'last_name': ['text', 'known.lastname', none],
        'country': ['address', 'known.country', none],
} %}
{% set parts = {'payload': ['json', 'case when known is null then payload end', 'decisive']} %}

with
versions as (
    select
        *,
        {{ json_fields('payload', profile_fields) }} as known
    from {{ source('raw_ometria', 'profiles') }}
),

typed as (
    {{ typed_rows('versions', fields, parts) | indent(4) }}
),

renamed as (
    select
        organization_id,
        object_id as profile_id,
        payload_hash,
        {{ fields.keys() | reject('equalto', 'profile_id') | join(', ') }},
        unreadable_fields,
        is_held_back,
        coalesce(changed_at, loaded_at) as updated_at,
        loaded_at
    from typed
)

select * from renamed
