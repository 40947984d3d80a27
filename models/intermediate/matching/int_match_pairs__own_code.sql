-- One row per order, redeemed code and recipient whose own code it is: not held out, and the only one of the campaign
-- who has it.
{{ config(materialized='view') }}
with
redeemed as (select * from {{ ref('int_matchable_redemptions') }}),

redeemed_codes as (
    select distinct
        organization_id,
        code_key
    from redeemed
),

own_codes as (
    select
        recipients.organization_id,
        recipients.campaign_id,
        recipients.recipient_id,
        recipients.code_key,
        recipients.is_holdout,
        recipients.pieces,
        coalesce(recipients.sent_at, recipients.created_at) as sent_at
    from {{ ref('int_recipients__matched') }} as recipients
    inner join redeemed_codes
        on recipients.organization_id = redeemed_codes.organization_id
        and recipients.code_key = redeemed_codes.code_key
    qualify
        count(*) over (partition by recipients.organization_id, recipients.campaign_id, recipients.code_key) = 1
),

by_recipient as (
    select
        redeemed.organization_id,
        redeemed.order_id,
        'recipient_code' as matched_on,
        own_codes.campaign_id,
        own_codes.recipient_id,
        redeemed.code_key,
        1 as carriers,
        {{ latest_piece('own_codes', 'redeemed.ordered_at') }} as window_start_at
    from redeemed
    inner join own_codes
        on redeemed.organization_id = own_codes.organization_id
        and redeemed.code_key = own_codes.code_key
        and redeemed.ordered_at >= own_codes.sent_at
    where not own_codes.is_holdout
)

select * from by_recipient
