-- One row per campaign of which the share of households to hold out is known: that of its draws, where matchback drew
-- all of its recipients (its mean over them), else the campaign's `holdout_share`.
with
campaigns as (select * from {{ ref('int_campaigns') }}),

recipients as (select * from {{ ref('int_lift__outcomes') }}),

assignments as (select * from {{ ref('stg_ops__assignments') }}),

drawn as (
    select
        recipients.organization_id,
        recipients.campaign_id,
        count(*) as recipients,
        count(assignments.recipient_id) as drawn_recipients,
        sum(cast(assignments.holdout_share as decimal(18, 9))) / nullif(count(assignments.recipient_id), 0)
            as drawn_share
    from recipients
    left join assignments
        on recipients.organization_id = assignments.organization_id
        and recipients.campaign_id = assignments.campaign_id
        and recipients.recipient_id = assignments.recipient_id
    group by recipients.organization_id, recipients.campaign_id
),

shares as (
    select
        campaigns.organization_id,
        campaigns.campaign_id,
        cast(
            case when drawn.drawn_recipients = drawn.recipients then drawn.drawn_share else campaigns.holdout_share end
            as double
        ) as designed_share
    from campaigns
    left join drawn
        on campaigns.organization_id = drawn.organization_id
        and campaigns.campaign_id = drawn.campaign_id
),

-- a share of nobody or of everybody is no experiment
usable as (
    select *
    from shares
    where designed_share > 0 and designed_share < 1
)

select * from usable
