-- One row per campaign and address of its recipients, whatever their arm, status or time, in either reading, with
-- the parts that the tiers compare (a row for each reading of them) and how many recipients have it.
with
recipients as (select * from {{ ref('int_recipient_identifiers') }}),

addresses as (select * from {{ ref('int_addresses') }}),

parted as (
    select
        recipients.organization_id,
        recipients.campaign_id,
        recipients.recipient_id,
        {{ address_part_columns('addresses') }}
    from recipients
    inner join addresses on recipients.address_id = addresses.address_id
    where addresses.address_identity is not null
),

counted as (
    select
        organization_id,
        campaign_id,
        address_identity,
        count(distinct recipient_id) as recipients
    from parted
    group by organization_id, campaign_id, address_identity
),

spelt as (
    select distinct
        parted.organization_id,
        parted.campaign_id,
        {{ address_part_columns('parted') }},
        counted.recipients
    from parted
    inner join counted
        on parted.organization_id = counted.organization_id
        and parted.campaign_id = counted.campaign_id
        and parted.address_identity = counted.address_identity
)

select * from spelt
