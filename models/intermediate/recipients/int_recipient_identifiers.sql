-- One row per recipient and reading (`latest` for credit, `as_assigned` for lift): its keys, its household,
-- and how many recipients of its campaign, of any arm, sent or not, share each key.
with
recipients as (
    {% for reading in ['latest', 'as_assigned'] %}
    select
        organization_id,
        campaign_id,
        recipient_id,
        '{{ reading }}' as reading,
        {{ email_key('email') }} as written_email_key,
        household_id,
        {{ address_id() }} as address_id,
        is_holdout
    from {{ ref('int_recipients__' ~ reading) }}
    {{ "union all" if not loop.last }}
    {% endfor %}
),

addresses as (select * from {{ ref('int_addresses') }}),

emails as (select * from {{ ref('int_emails') }}),

keyed as (
    select
        recipients.organization_id,
        recipients.campaign_id,
        recipients.recipient_id,
        recipients.reading,
        recipients.written_email_key,
        emails.email_key,
        emails.email_canonical_key,
        recipients.address_id,
        addresses.address_key,
        {{ address_identity('addresses') }} as address_identity,
        recipients.household_id,
        recipients.is_holdout
    from recipients
    left join addresses on recipients.address_id = addresses.address_id
    left join emails on recipients.written_email_key = emails.written_email_key
),

{% for key in ['email_key', 'address_identity'] %}
per_{{ key }} as (
    select
        organization_id,
        campaign_id,
        reading,
        {{ key }},
        count(*) as recipients
    from keyed
    where {{ key }} is not null
    group by organization_id, campaign_id, reading, {{ key }}
),
{% endfor %}

identified as (
    select
        keyed.organization_id,
        keyed.campaign_id,
        keyed.recipient_id,
        keyed.reading,
        keyed.written_email_key,
        keyed.email_key,
        keyed.email_canonical_key,
        keyed.address_id,
        keyed.address_key,
        keyed.address_identity,
        coalesce(
            'household:' || keyed.household_id,
            'address:' || keyed.address_key,
            'email:' || keyed.email_key,
            'recipient:' || keyed.recipient_id
        ) as household_key,
        per_email_key.recipients as recipients_per_email_key,
        per_address_identity.recipients as recipients_per_address,
        keyed.is_holdout
    from keyed
    left join per_email_key
        on keyed.organization_id = per_email_key.organization_id
        and keyed.campaign_id = per_email_key.campaign_id
        and keyed.reading = per_email_key.reading
        and keyed.email_key = per_email_key.email_key
    left join per_address_identity
        on keyed.organization_id = per_address_identity.organization_id
        and keyed.campaign_id = per_address_identity.campaign_id
        and keyed.reading = per_address_identity.reading
        and keyed.address_identity = per_address_identity.address_identity
)

select * from identified
