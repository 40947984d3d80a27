-- One row per campaign and audience member who has no arm yet: the keys, and the household, which is the unit
-- of the draw.
with
members as (
    select
        *,
        {{ email_key('email') }} as written_email_key,
        {{ address_id() }} as address_id
    from {{ ref('int_audience_members') }}
),

emailed as (
    {{ with_email_keys('members') | indent(4) }}
),

addresses as (select * from {{ ref('int_addresses') }}),

assigned as (select * from {{ ref('int_recipients__as_assigned') }}),

keyed as (
    select
        emailed.organization_id,
        emailed.campaign_id,
        emailed.recipient_id,
        emailed.customer_id,
        emailed.written_email_key,
        emailed.email_key,
        emailed.email_domain,
        addresses.address_key,
        md5(coalesce(
            'address:' || addresses.address_key, 'email:' || emailed.email_key, 'recipient:' || emailed.recipient_id
        )) as household_key
    from emailed
    left join addresses on emailed.address_id = addresses.address_id
    left join assigned
        on emailed.organization_id = assigned.organization_id
        and emailed.campaign_id = assigned.campaign_id
        and emailed.recipient_id = assigned.recipient_id
    where assigned.recipient_id is null
)

select * from keyed
