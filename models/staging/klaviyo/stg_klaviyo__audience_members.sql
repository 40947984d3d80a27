-- One row per version of a member of an audience. A profile says nothing where a field is empty.
{% set profile_fields = ['email', 'external_id', 'first_name', 'last_name', 'organization', 'updated'] %}
{% set location_fields = ['address1', 'address2', 'city', 'region', 'zip', 'country'] %}

with
members as (
    select
        organization_id,
        audience_id,
        profile_id,
        payload_hash,
        joined_at,
        loaded_at,
        {{ json_text('payload', '$.attributes') }} as attributes_json
    from {{ source('raw_klaviyo', 'audience_members') }}
),

fields as (
    select
        *,
        {{ json_fields('attributes_json', profile_fields) }} as profile,
        {{ json_fields(json_text('attributes_json', '$.location'), location_fields) }} as location
    from members
),

renamed as (
    select
        organization_id,
        audience_id,
        profile_id as recipient_id,
        payload_hash,
        nullif(trim(profile.external_id), '') as customer_id,
        nullif(trim(profile.email), '') as email,
        nullif(trim(profile.first_name), '') as first_name,
        nullif(trim(profile.last_name), '') as last_name,
        nullif(trim(profile.organization), '') as company,
        nullif(trim(location.address1), '') as address1,
        nullif(trim(location.address2), '') as address2,
        nullif(trim(location.city), '') as city,
        nullif(trim(location.region), '') as region,
        nullif(trim(location.zip), '') as postal_code,
        nullif(trim(location.country), '') as country,
        coalesce(cast(cast(profile.updated as timestamptz) as timestamp), joined_at, loaded_at) as said_at,
        loaded_at
    from fields
)

select * from renamed
