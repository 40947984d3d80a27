-- One row per exclusion with the key of its address, ready to be joined.
with
exclusions as (select * from {{ ref('int_exclusions') }}),

addresses as (
    {{ addresses_of(ref('int_addresses'), [('exclusions', 'address_id')]) | indent(4) }}
),

keyed as (
    select
        exclusions.organization_id,
        exclusions.exclusion_id,
        exclusions.email_key,
        exclusions.email_domain,
        exclusions.address_id,
        addresses.address_key,
        exclusions.campaign_id,
        exclusions.recipient_id
    from exclusions
    left join addresses on exclusions.address_id = addresses.address_id
)

select * from keyed
