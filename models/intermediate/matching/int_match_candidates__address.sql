-- One row per order and mailed recipient whose address matches the shipping (or billing) address. A match is vetoed
-- where the customer was subscribed when the mail went out: a subscriber's orders would have come without it.
{{ config(materialized='view') }}
with
pairs as (select * from {{ ref('int_match_pairs__address') }}),

subscribed as (select * from {{ ref('int_match_pairs__subscribed') }}),

candidates as (
    select
        pairs.organization_id,
        pairs.order_id,
        'address' as match_method,
        pairs.matched_on,
        pairs.campaign_id,
        pairs.recipient_id,
        pairs.match_tier,
        pairs.match_reason,
        case
            when subscribed.order_id is not null then 'active_subscription'
            when pairs.is_key_ambiguous then 'ambiguous_key'
            when pairs.recipient_id is null then 'ambiguous_address'
        end as veto_reason,
        case when pairs.recipient_id is null then pairs.competing_recipients end as competing_recipients,
        false as is_holdout,
        pairs.sent_at as window_start_at
    from pairs
    left join subscribed
        on pairs.organization_id = subscribed.organization_id
        and pairs.order_id = subscribed.order_id
        and pairs.sent_at = subscribed.sent_at
)

select * from candidates
