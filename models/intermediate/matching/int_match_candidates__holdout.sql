-- One row per order and held-out recipient that match. Where too many recipients share the key, or several
-- addresses qualify: one row per campaign without a recipient.
{{ config(materialized='view') }}
with
pairs as (select * from {{ ref('int_match_pairs__holdout') }}),

also_mailed as (select * from {{ ref('int_recipients__also_mailed') }}),

vetted as (
    select
        pairs.organization_id,
        pairs.order_id,
        pairs.matched_on,
        pairs.campaign_id,
        case when not pairs.is_key_ambiguous and not pairs.is_address_ambiguous then pairs.recipient_id end
            as recipient_id,
        pairs.match_tier,
        pairs.match_reason,
        case
            when pairs.is_key_ambiguous then 'ambiguous_key'
            when pairs.is_address_ambiguous then 'ambiguous_address'
            when also_mailed.recipient_id is not null then 'also_mailed'
        end as veto_reason,
        pairs.is_key_ambiguous,
        pairs.competing_recipients,
        pairs.created_at
    from pairs
    left join also_mailed
        on pairs.organization_id = also_mailed.organization_id
        and pairs.campaign_id = also_mailed.campaign_id
        and pairs.recipient_id = also_mailed.recipient_id
),

candidates as (
    select
        organization_id,
        order_id,
        'holdout' as match_method,
        matched_on,
        campaign_id,
        recipient_id,
        match_tier,
        match_reason,
        veto_reason,
        case when recipient_id is null then competing_recipients end as competing_recipients,
        true as is_holdout,
        created_at as window_start_at
    from vetted
    qualify
        row_number() over (
            partition by organization_id, order_id, campaign_id, recipient_id
            order by
                matched_on, created_at desc, is_key_ambiguous desc, competing_recipients desc, match_tier, match_reason
        ) = 1
)

select * from candidates
