-- One row per order and held-out recipient that match. Where too many recipients share the key, or several
-- addresses qualify: one row per campaign without a recipient.
with
pairs as (select * from {{ ref('int_match_pairs__holdout') }}),

crowds as (select * from {{ ref('int_match_pairs__held_out_crowds') }}),

also_mailed as (select * from {{ ref('int_recipients__also_mailed') }}),

vetted as (
    select
        pairs.organization_id,
        pairs.order_id,
        pairs.matched_on,
        pairs.campaign_id,
        pairs.recipient_id,
        pairs.match_tier,
        pairs.match_reason,
        case when also_mailed.recipient_id is not null then 'also_mailed' end as veto_reason,
        cast(null as bigint) as competing_recipients,
        pairs.created_at
    from pairs
    left join also_mailed
        on pairs.organization_id = also_mailed.organization_id
        and pairs.campaign_id = also_mailed.campaign_id
        and pairs.recipient_id = also_mailed.recipient_id
    union all
    select
        organization_id,
        order_id,
        matched_on,
        campaign_id,
        cast(null as varchar) as recipient_id,
        match_tier,
        match_reason,
        case when is_key_ambiguous then 'ambiguous_key' else 'ambiguous_address' end as veto_reason,
        competing_recipients,
        created_at
    from crowds
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
        competing_recipients,
        true as is_holdout,
        created_at as window_start_at
    from vetted
    qualify
        row_number() over (
            partition by organization_id, order_id, campaign_id, recipient_id
            order by matched_on, created_at desc, match_tier, match_reason
        ) = 1
)

select * from candidates
