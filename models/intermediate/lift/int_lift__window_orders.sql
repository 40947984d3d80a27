-- One row per campaign, period and order that falls in a recipient's outcome window (`lift`), in the window of the same
-- length before assignment (`placebo`) or in the year before it (`prior`). Each order counts once per campaign and
-- period: for the e-mail match, else for the smallest md5 of campaign, order and recipient id.
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
),

placed as (
    {% for period, (opens_at, closes_at) in lift_periods().items() %}
    select
        *,
        '{{ period }}' as period,
        {{ whole_days_between(opens_at, 'ordered_at') }} as days_since_opening
    from timed
    where ordered_at >= {{ opens_at }} and ordered_at < {{ closes_at }}
    {{ "union all" if not loop.last }}
    {% endfor %}
),

counted_once as (
    select
        organization_id,
        campaign_id,
        recipient_id,
        order_id,
        period,
        days_since_opening,
        case when is_campaign_currency then net_amount else 0 end as revenue_amount,
        case when is_campaign_currency then coalesce(merchandise_amount, 0) else 0 end as merchandise_amount,
        is_email_match,
        is_campaign_currency,
        is_campaign_currency and merchandise_amount is null as is_merchandise_unknown
    from placed
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
