-- One row per recipient as assigned, order that is his or hers and key that says so, e-mail or shipping address, the
-- same for both arms; no verdict, winner or exclusion of a recipient enters. Keys that too many recipients of the
-- campaign share are not used.
{{ config(materialized='view') }}
with
matches as (select * from {{ ref('int_address_matches') }}),

email_matches as (select * from {{ ref('int_email_matches') }}),

recipients as (select * from {{ ref('int_lift__recipient_keys') }}),

order_matches as (
    select
        recipients.organization_id,
        recipients.campaign_id,
        recipients.recipient_id,
        recipients.household_key,
        email_matches.order_id,
        recipients.is_holdout,
        true as is_email_match,
        recipients.created_at
    from recipients
    inner join email_matches
        on recipients.organization_id = email_matches.organization_id
        and recipients.campaign_id = email_matches.campaign_id
        and recipients.email_key = email_matches.email_key
    union all
    select
        recipients.organization_id,
        recipients.campaign_id,
        recipients.recipient_id,
        recipients.household_key,
        matches.order_id,
        recipients.is_holdout,
        false as is_email_match,
        recipients.created_at
    from recipients
    inner join matches
        on recipients.organization_id = matches.organization_id
        and recipients.campaign_id = matches.campaign_id
        and recipients.address_identity = matches.address_identity
    where not matches.is_ambiguous
)

select * from order_matches
