-- One row per recipient as assigned and order that is his or hers, with the time of assignment and the campaign's
-- window.
with
matches as (select * from {{ ref('int_lift__order_matches') }}),

recipients as (select * from {{ ref('int_recipients__as_assigned') }}),

campaigns as (select * from {{ ref('int_campaigns') }}),

timed as (
    select
        matches.*,
        campaigns.in_home_days,
        campaigns.window_days,
        matches.currency = campaigns.currency as is_campaign_currency,
        recipients.created_at
    from matches
    inner join recipients
        on matches.organization_id = recipients.organization_id
        and matches.campaign_id = recipients.campaign_id
        and matches.recipient_id = recipients.recipient_id
    inner join campaigns
        on matches.organization_id = campaigns.organization_id
        and matches.campaign_id = campaigns.campaign_id
)

select * from timed
