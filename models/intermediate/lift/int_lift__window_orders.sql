-- One row per campaign, period and order that falls in a recipient's outcome window (`lift`) or in the window
-- of the same length before assignment (`placebo`). Each order counts once per campaign and period: for the
-- e-mail match, else for the smallest md5 of campaign, order and recipient id.
with
matches as (select * from {{ ref('int_lift__order_matches') }}),

recipients as (select * from {{ ref('int_recipients__as_assigned') }}),

campaigns as (select * from {{ ref('int_campaigns') }}),

placed as (
    select
        matches.organization_id,
        matches.campaign_id,
        matches.recipient_id,
        matches.order_id,
        matches.is_email_match,
        matches.net_amount,
        matches.currency = campaigns.currency as is_campaign_currency,
        case
            when matches.ordered_at >= {{ add_days('recipients.created_at', 'campaigns.in_home_days') }}
                and matches.ordered_at
                < {{ add_days('recipients.created_at', 'campaigns.in_home_days + campaigns.window_days') }}
                then 'lift'
            when matches.ordered_at >= {{ add_days('recipients.created_at', '-campaigns.window_days') }}
                and matches.ordered_at < recipients.created_at
                then 'placebo'
        end as period
    from matches
    inner join recipients
        on matches.organization_id = recipients.organization_id
        and matches.campaign_id = recipients.campaign_id
        and matches.recipient_id = recipients.recipient_id
    inner join campaigns
        on matches.organization_id = campaigns.organization_id
        and matches.campaign_id = campaigns.campaign_id
),

counted_once as (
    select
        organization_id,
        campaign_id,
        recipient_id,
        order_id,
        period,
        case when is_campaign_currency then net_amount else 0 end as revenue_amount
    from placed
    where period is not null
    qualify
        row_number() over (
            partition by organization_id, campaign_id, period, order_id
            order by
                is_email_match desc,
                md5(campaign_id || '|' || order_id || '|' || recipient_id),
                recipient_id
        ) = 1
)

select * from counted_once
