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
        address_id,
        {{ code_key('discount_code') if reading == 'latest' else 'cast(null as varchar)' }} as code_key,
        is_holdout,
        created_at,
        {{ 'sent_at' if reading == 'latest' else 'cast(null as timestamp)' }} as sent_at,
        {{ 'pieces' if reading == 'latest' else 'cast(null as varchar)' }} as pieces
    from (
        {{ in_scope(ref(relation), 'int_recipients__to_key', recipient_key()) | indent(8) }}
    ) as {{ reading }}
    {{ "union all" if not loop.last }}
    {% endfor %}
),

emailed as (
    {{ with_email_keys('recipients') | indent(4) }}
),

addresses as (
    {{ addresses_of(ref('int_addresses'), [('emailed', 'address_id')]) | indent(4) }}
),

keyed as (
    select
        emailed.organization_id,
        emailed.campaign_id,
        emailed.recipient_id,
        emailed.reading,
        emailed.written_email_key,
        emailed.email_key,
        emailed.email_canonical_key,
        emailed.address_id,
        addresses.address_key,
        {{ address_identity('addresses') }} as address_identity,
        coalesce(
            'household:' || emailed.household_id,
            'address:' || addresses.address_key,
            'email:' || emailed.email_key,
            'recipient:' || emailed.recipient_id
        ) as household_key,
        emailed.code_key,
        {{ row_hash([
            'emailed.written_email_key', 'emailed.email_canonical_key', address_reading('addresses'),
            'emailed.code_key', 'emailed.is_holdout', 'emailed.created_at', 'emailed.sent_at',
            'emailed.pieces',
        ]) }} as recipient_hash,
        emailed.is_holdout,
        emailed.created_at,
        emailed.sent_at,
        emailed.pieces
    from emailed
    left join addresses on emailed.address_id = addresses.address_id
)

select * from keyed
