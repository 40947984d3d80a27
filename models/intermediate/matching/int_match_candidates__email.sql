-- One row per order and mailed recipient with the same e-mail (int_email_matches), the mail sent no later than the
-- order. Where too many recipients of the campaign share the e-mail: one row without a recipient.
{{ config(materialized='view') }}
with
matches as (select * from {{ ref('int_email_matches__matched') }}),

exclusions as (select * from {{ ref('int_order_exclusions') }}),

mailed {{ inlined() }} (
    select *
    from {{ ref('int_recipients__matched') }}
    where not is_holdout and sent_at is not null
),

crowded as (
    select *
    from {{ ref('int_crowded_keys') }}
    where key_name = 'email_key' and is_crowded_for_mail
),

compared as (
    select
        matches.*,
        crowded.recipients as crowd
    from matches
    left join exclusions
        on matches.organization_id = exclusions.organization_id
        and matches.order_id = exclusions.order_id
    left join crowded
        on matches.organization_id = crowded.organization_id
        and matches.campaign_id = crowded.campaign_id
        and matches.email_key = crowded.match_key
    where exclusions.order_id is null
),

pairs as (
    select
        compared.organization_id,
        compared.order_id,
        compared.campaign_id,
        mailed.recipient_id,
        compared.match_reason,
        compared.crowd,
        mailed.sent_at
    from compared
    inner join mailed
        on compared.organization_id = mailed.organization_id
        and compared.campaign_id = mailed.campaign_id
        and compared.email_key = mailed.email_key
        and compared.ordered_at >= mailed.sent_at
    where compared.crowd is null
),

-- who cannot be told apart is one
crowds as (
    select distinct
        mailed.organization_id,
        mailed.campaign_id,
        mailed.email_key,
        mailed.sent_at
    from mailed
    inner join crowded
        on mailed.organization_id = crowded.organization_id
        and mailed.campaign_id = crowded.campaign_id
        and mailed.email_key = crowded.match_key
),

crowded_pairs as (
    select
        compared.organization_id,
        compared.order_id,
        compared.campaign_id,
        cast(null as varchar) as recipient_id,
        compared.match_reason,
        compared.crowd,
        crowds.sent_at
    from compared
    inner join crowds
        on compared.organization_id = crowds.organization_id
        and compared.campaign_id = crowds.campaign_id
        and compared.email_key = crowds.email_key
        and compared.ordered_at >= crowds.sent_at
    qualify
        row_number() over (
            partition by compared.organization_id, compared.order_id, compared.campaign_id
            order by crowds.sent_at desc, compared.crowd desc, compared.match_reason
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
        case when crowd is not null then 'ambiguous_key' end as veto_reason,
        crowd as competing_recipients,
        false as is_holdout,
        sent_at as window_start_at
    from (
        select * from pairs
        union all
        select * from crowded_pairs
    ) as matched
)

select * from candidates
