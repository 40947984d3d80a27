-- The matches by e-mail of orders that nothing excludes, with the number of recipients who share the e-mail where it
-- is more than mail or a holdout may have (`mail_crowd`, `holdout_crowd`).
{{ config(materialized='view') }}
with
matches as (select * from {{ ref('int_email_matches__matched') }}),

exclusions as (select * from {{ ref('int_order_exclusions') }}),

crowded as (
    select *
    from {{ ref('int_crowded_keys') }}
    where key_name = 'email_key'
),

counted as (
    select
        matches.*,
        case when crowded.is_crowded_for_mail then crowded.recipients end as mail_crowd,
        case when crowded.is_crowded_for_holdout then crowded.recipients end as holdout_crowd
    from matches
    left join exclusions
        on matches.organization_id = exclusions.organization_id
        and matches.order_id = exclusions.order_id
    left join crowded
        on matches.organization_id = crowded.organization_id
        and matches.campaign_id = crowded.campaign_id
        and matches.email_key = crowded.match_key
    where exclusions.order_id is null
)

select * from counted
