-- One row per order, redeemed code and campaign whose code it is. An open own code shuts out its own campaign's code,
-- and no other's.
{{ config(materialized='view') }}
with
redeemed as (select * from {{ ref('int_matchable_redemptions') }}),

campaign_codes as (select * from {{ ref('int_campaign_discount_codes') }}),

by_recipient as (select * from {{ ref('int_match_pairs__own_code') }}),

by_campaign as (
    select
        redeemed.organization_id,
        redeemed.order_id,
        'campaign_code' as matched_on,
        campaign_codes.campaign_id,
        cast(null as varchar) as recipient_id,
        redeemed.code_key,
        campaign_codes.carriers,
        campaign_codes.launched_at as window_start_at
    from redeemed
    inner join campaign_codes
        on redeemed.organization_id = campaign_codes.organization_id
        and redeemed.code_key = campaign_codes.code_key
        and redeemed.ordered_at >= campaign_codes.launched_at
    left join by_recipient
        on redeemed.organization_id = by_recipient.organization_id
        and redeemed.order_id = by_recipient.order_id
        and campaign_codes.campaign_id = by_recipient.campaign_id
    where by_recipient.order_id is null
)

select * from by_campaign
