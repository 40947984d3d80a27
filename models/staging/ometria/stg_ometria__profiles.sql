-- One row per version of a profile. A profile has a country and no address.
{% set profile_fields = ['email', 'customer_id', 'firstname', 'lastname', 'country'] %}

with
versions as (
    select
        *,
        {{ json_fields('payload', profile_fields) }} as known
    from {{ source('raw_ometria', 'profiles') }}
),

renamed as (
    select
        organization_id,
        object_id as profile_id,
        payload_hash,
        known.customer_id,
        {{ trimmed('known.email') }} as email,
        {{ trimmed('known.firstname') }} as first_name,
        {{ trimmed('known.lastname') }} as last_name,
        {{ trimmed('known.country') }} as country,
        coalesce(changed_at, loaded_at) as updated_at,
        loaded_at
    from versions
)

select * from renamed
