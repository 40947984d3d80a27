-- One row per order and held-out recipient with the same e-mail, or else (the e-mails differ, or either is
-- missing) a matching shipping address, assigned no later than the order. Keys that tell nobody apart are in
-- int_match_pairs__held_out_crowds.
with
email_matches as (select * from {{ ref('int_email_matches__counted') }}),

matches as (select * from {{ ref('int_address_matches__counted') }}),

held_out {{ inlined() }} (
    select *
    from {{ ref('int_recipients__matched') }}
    where is_holdout
),

by_email as (
    select
        email_matches.organization_id,
        email_matches.order_id,
        'email' as matched_on,
        held_out.campaign_id,
        held_out.recipient_id,
        cast(null as integer) as match_tier,
        email_matches.match_reason,
        held_out.created_at
    from email_matches
    inner join held_out
        on email_matches.organization_id = held_out.organization_id
        and email_matches.campaign_id = held_out.campaign_id
        and email_matches.email_key = held_out.email_key
        and email_matches.ordered_at >= held_out.created_at
    where email_matches.holdout_crowd is null
),

by_address as (
    select
        matches.organization_id,
        matches.order_id,
        matches.matched_on,
        held_out.campaign_id,
        held_out.recipient_id,
        matches.match_tier,
        matches.match_reason,
        held_out.created_at
    from matches
    inner join held_out
        on matches.organization_id = held_out.organization_id
        and matches.campaign_id = held_out.campaign_id
        and matches.address_identity = held_out.address_identity
        and matches.ordered_at >= held_out.created_at
    -- an e-mail that either lacks is not the same e-mail
    left join email_matches
        on matches.organization_id = email_matches.organization_id
        and matches.order_id = email_matches.order_id
        and matches.campaign_id = email_matches.campaign_id
        and held_out.email_key = email_matches.email_key
    where matches.holdout_crowd is null and not matches.is_ambiguous and email_matches.order_id is null
),

pairs as (
    select * from by_email
    union all
    select * from by_address
)

select * from pairs
