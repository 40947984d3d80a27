-- One row per campaign and order, and what credit's clocks change: windows from `sent_at` for the mailed arm, from
-- assignment for the holdout. Per key: by it alone orders are found on credit's clock, by the other on lift's.
with
matches as (select * from {{ ref('int_lift__timed_orders') }}),

latest as (select * from {{ ref('int_recipients__latest') }}),

counted as (select * from {{ ref('int_lift__counted_orders') }}),

started as (
    select
        matches.*,
        case when matches.is_holdout then matches.created_at else latest.sent_at end as window_start_at
    from matches
    inner join latest
        on matches.organization_id = latest.organization_id
        and matches.campaign_id = latest.campaign_id
        and matches.recipient_id = latest.recipient_id
),

-- each order once, as lift counts
naive as (
    select
        organization_id,
        campaign_id,
        recipient_id,
        household_key,
        order_id,
        case when is_email_match then 'email' else 'address' end as match_key,
        case when is_campaign_currency then net_amount else 0 end as revenue_amount,
        is_holdout
    from started
    where ordered_at >= window_start_at
        and ordered_at < {{ add_days('window_start_at', 'window_days') }}
    qualify {{ match_number(['organization_id', 'campaign_id', 'order_id']) }} = 1
),

found as ({{ order_changes('naive', ['campaign_id', 'order_id', 'recipient_id']) }}),

changes as (select {{ audit_change_columns() | join(', ') }} from found)

select * from changes
