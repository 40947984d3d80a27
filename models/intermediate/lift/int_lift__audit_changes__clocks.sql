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
        order_id,
        case when is_email_match then 'email' else 'address' end as match_key,
        case when is_campaign_currency then net_amount else 0 end as revenue_amount,
        is_holdout
    from started
    where ordered_at >= window_start_at
        and ordered_at < {{ add_days('window_start_at', 'window_days') }}
    qualify
        row_number() over (
            partition by organization_id, campaign_id, order_id
            order by
                is_email_match desc,
                md5(campaign_id || '|' || order_id || '|' || recipient_id),
                recipient_id
        ) = 1
),

changes as (
    {% for sign, relation, other in [('', 'naive', 'counted'), ('-', 'counted', 'naive')] %}
    select
        {{ relation }}.organization_id,
        {{ relation }}.campaign_id,
        {{ relation }}.match_key,
        {{ relation }}.recipient_id,
        {{ relation }}.order_id,
        {{ sign }}1 as orders,
        {{ sign }}{{ relation }}.revenue_amount as revenue_amount,
        {{ relation }}.is_holdout
    from {{ relation }}
    left join {{ other }}
        on {{ relation }}.organization_id = {{ other }}.organization_id
        and {{ relation }}.campaign_id = {{ other }}.campaign_id
        and {{ relation }}.order_id = {{ other }}.order_id
        and {{ relation }}.recipient_id = {{ other }}.recipient_id
    where {{ other }}.order_id is null
    {{ "union all" if not loop.last }}
    {% endfor %}
)

select * from changes
