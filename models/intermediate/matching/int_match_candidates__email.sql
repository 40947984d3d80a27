-- One row per order and mailed recipient with the same e-mail (int_email_matches), the mail sent no later than the
-- order. Where too many recipients of the campaign share the e-mail: one row without a recipient.
{{ config(materialized='view') }}
with
matches as (select * from {{ ref('int_email_matches__counted') }}),

mailed as (
    select *
    from {{ ref('int_recipients__matched') }}
    where not is_holdout and sent_at is not null
),

crowds as (
    select *
    from {{ ref('int_crowd_starts') }}
    where key_name = 'email_key' and arm = 'mailed'
),

pairs as (
    select
        matches.organization_id,
        matches.order_id,
        matches.campaign_id,
        mailed.recipient_id,
        matches.match_reason,
        matches.mail_crowd,
        {{ latest_piece('mailed', 'matches.ordered_at') }} as sent_at
    from matches
    inner join mailed
        on matches.organization_id = mailed.organization_id
        and matches.campaign_id = mailed.campaign_id
        and matches.email_key = mailed.email_key
        and matches.ordered_at >= mailed.sent_at
    where matches.mail_crowd is null
),

crowded_pairs as (
    select
        matches.organization_id,
        matches.order_id,
        matches.campaign_id,
        cast(null as varchar) as recipient_id,
        matches.match_reason,
        matches.mail_crowd,
        crowds.started_at as sent_at
    from matches
    inner join crowds
        on matches.organization_id = crowds.organization_id
        and matches.order_id = crowds.order_id
        and matches.campaign_id = crowds.campaign_id
        and matches.email_key = crowds.match_key
    qualify
        row_number() over (
            partition by matches.organization_id, matches.order_id, matches.campaign_id
            order by crowds.started_at desc, matches.mail_crowd desc, matches.match_reason
        ) = 1
),

candidates as (
    select
        organization_id,
        order_id,
        'email' as match_method,
        'email' as matched_on,
        campaign_id,
        recipient_id,
        cast(null as integer) as match_tier,
        match_reason,
        case when mail_crowd is not null then 'ambiguous_key' end as veto_reason,
        mail_crowd as competing_recipients,
        false as is_holdout,
        sent_at as window_start_at
    from (
        select * from pairs
        union all
        select * from crowded_pairs
    ) as matched
)

select * from candidates
