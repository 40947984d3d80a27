-- One row per recipient as credit reads it: arm, keys, times, and whether a key is shared by more recipients
-- of the campaign than `max_recipients_per_key` of the method allows (false where the method has no limit).
with
recipients as (select * from {{ ref('int_recipients__latest') }}),

identifiers as (
    select *
    from {{ ref('int_recipient_identifiers') }}
    where reading = 'latest'
),

limits as (
    select
        max(case when match_method = 'email' then max_recipients_per_key end) as email_limit,
        max(case when match_method = 'address' then max_recipients_per_key end) as address_limit,
        max(case when match_method = 'holdout' then max_recipients_per_key end) as holdout_limit
    from {{ ref('match_methods') }}
),

keyed as (
    select
        recipients.organization_id,
        recipients.campaign_id,
        recipients.recipient_id,
        identifiers.email_key,
        identifiers.email_canonical_key,
        identifiers.address_key,
        identifiers.address_identity,
        identifiers.recipients_per_email_key,
        identifiers.recipients_per_address,
        recipients.is_holdout,
        coalesce(
            identifiers.recipients_per_email_key
            > case when recipients.is_holdout then limits.holdout_limit else limits.email_limit end, false
        ) as is_email_ambiguous,
        coalesce(
            identifiers.recipients_per_address
            > case when recipients.is_holdout then limits.holdout_limit else limits.address_limit end, false
        ) as is_address_ambiguous,
        recipients.created_at,
        recipients.sent_at
    from recipients
    inner join identifiers
        on recipients.organization_id = identifiers.organization_id
        and recipients.campaign_id = identifiers.campaign_id
        and recipients.recipient_id = identifiers.recipient_id
    cross join limits
)

select * from keyed
