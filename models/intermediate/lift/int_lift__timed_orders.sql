-- One row per recipient as assigned, countable order of the time that lift looks at (from the year before assignment to
-- the end of the outcome window) and key that matches them.
with
matches as (select * from {{ ref('int_lift__order_matches') }}),

orders as (select * from {{ ref('int_lift__countable_orders') }}),

campaigns as (select * from {{ ref('int_campaigns') }}),

timed as (
    select
        matches.organization_id,
        matches.campaign_id,
        matches.recipient_id,
        matches.order_id,
        matches.household_key,
        campaigns.in_home_days,
        campaigns.window_days,
        orders.net_amount,
        orders.merchandise_amount,
        matches.is_holdout,
        matches.is_email_match,
        orders.currency = campaigns.currency as is_campaign_currency,
        matches.created_at,
        orders.ordered_at
    from matches
    inner join orders
        on matches.organization_id = orders.organization_id
        and matches.order_id = orders.order_id
    inner join campaigns
        on matches.organization_id = campaigns.organization_id
        and matches.campaign_id = campaigns.campaign_id
    where orders.ordered_at >= {{ add_days('matches.created_at', '-greatest(365, campaigns.window_days)') }}
        and orders.ordered_at
        < {{ add_days('matches.created_at', 'campaigns.in_home_days + campaigns.window_days') }}
)

select * from timed
