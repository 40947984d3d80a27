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

worded as (
    select
        *,
        {{ said_fields(fields) | indent(8) }}
    from versions
),

typed as (
    select
        *,
        {{ read_fields(fields) | indent(8) }}
    from worded
),

renamed as (
    select
        organization_id,
        object_id as profile_id,
        payload_hash,
        {{ fields.keys() | reject('equalto', 'profile_id') | join(', ') }},
        {{ unreadable_fields(fields, parts) | indent(8) }} as unreadable_fields,
        {{ is_held_back() }} as is_held_back,
        coalesce(changed_at, loaded_at) as updated_at,
        loaded_at
    from typed
)

select * from renamed
