-- One row per recipient and reading that differs: `latest` of each, and `as_assigned` of whom more than one row of
-- one file speaks. Its keys, household, arm and times. `recipient_hash` is another when anything is that a verdict
-- depends on.
{{ config(
    materialized='incremental',
    incremental_strategy='replace_scope',
    meta={'scope': 'int_recipients__to_key', 'keys': recipient_key(), 'keeps_before': true},
) }}
with
recipients as (
    {% for reading, relation in [
        ('latest', 'int_recipients__latest'), ('as_assigned', 'int_recipients__restated'),
    ] %}
    select
        organization_id,
        campaign_id,
        recipient_id,
        '{{ reading }}' as reading,
        {{ email_key('email') }} as written_email_key,
        household_id,
        {{ address_id() }} as address_id,
        {{ code_key('discount_code') if reading == 'latest' else 'cast(null as varchar)' }} as code_key,
        is_holdout,
        created_at,
        {{ 'sent_at' if reading == 'latest' else 'cast(null as timestamp)' }} as sent_at
    from (
        {{ in_scope(ref(relation), 'int_recipients__to_key', recipient_key()) | indent(8) }}
    ) as {{ reading }}
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
        coalesce(
            'household:' || recipients.household_id,
            'address:' || addresses.address_key,
            'email:' || emails.email_key,
            'recipient:' || recipients.recipient_id
        ) as household_key,
        recipients.code_key,
        md5({{ one_text([
            'recipients.written_email_key', 'emails.email_canonical_key', address_reading('addresses'),
            'recipients.code_key', 'recipients.is_holdout', 'recipients.created_at', 'recipients.sent_at',
        ]) | indent(8) }}) as recipient_hash,
        recipients.is_holdout,
        recipients.created_at,
        recipients.sent_at
    from recipients
    left join addresses on recipients.address_id = addresses.address_id
    left join emails on recipients.written_email_key = emails.written_email_key
)

select * from keyed
