-- One row per version of a member of a segment that a campaign names as its audience.
{% set member_fields = ['firstName', 'lastName', 'defaultEmailAddress', 'defaultAddress'] %}
{% set address_fields = ['company', 'address1', 'address2', 'city', 'provinceCode', 'zip', 'countryCodeV2'] %}

with
versions as (
    select
        *,
        {{ json_fields('payload', member_fields) }} as member
    from {{ source('raw_shopify', 'segment_members') }}
),

addresses as (
    select
        *,
        {{ json_fields('member.defaultAddress', address_fields) }} as address
    from versions
),

renamed as (
    select
        organization_id,
        audience_id,
        profile_id as recipient_id,
        payload_hash,
        profile_id as customer_id,
        {{ trimmed(json_text('member.defaultEmailAddress', '$.emailAddress')) }} as email,
        {{ trimmed('member.firstName') }} as first_name,
        {{ trimmed('member.lastName') }} as last_name,
        {{ trimmed('address.company') }} as company,
        {{ trimmed('address.address1') }} as address1,
        {{ trimmed('address.address2') }} as address2,
        {{ trimmed('address.city') }} as city,
        {{ trimmed('address.provinceCode') }} as region,
        {{ trimmed('address.zip') }} as postal_code,
        {{ trimmed('address.countryCodeV2') }} as country,
        -- a member has no time of its own
        loaded_at as said_at,
        loaded_at
    from addresses
)

select * from renamed
