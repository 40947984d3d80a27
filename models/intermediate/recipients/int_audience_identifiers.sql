-- One row per campaign and audience member who has no arm yet: the keys, and the household, which is the unit
-- of the draw.
with
members as (
    select
        *,
        {{ email_key('email') }} as email_key,
        {{ address_id() }} as address_id
    from {{ ref('int_audience_members') }}
),

addresses as (select * from {{ ref('int_addresses') }}),

assigned as (select * from {{ ref('int_recipients__as_assigned') }}),

keyed as (
    select
        members.organization_id,
        members.campaign_id,
        members.recipient_id,
        members.customer_id,
        members.email_key,
        {{ email_domain('members.email_key') }} as email_domain,
        addresses.address_key,
        md5(coalesce(
            'address:' || addresses.address_key, 'email:' || members.email_key, 'recipient:' || members.recipient_id
        )) as household_key
    from members
    left join addresses on members.address_id = addresses.address_id
    left join assigned
        on members.organization_id = assigned.organization_id
        and members.campaign_id = assigned.campaign_id
        and members.recipient_id = assigned.recipient_id
    where assigned.recipient_id is null
)

select * from keyed
