-- One row per campaign: how much of its response has come, judged by how that of the organization's closed campaigns
-- came in. Null where there is none to learn from, and where nobody was mailed.
with
windows as (select * from {{ ref('int_campaign_windows') }}),

curves as (select * from {{ ref('int_response_curves') }}),

learned as (
    select
        organization_id,
        cast(max(learned_from_orders) as bigint) as learned_from_orders
    from curves
    group by organization_id
),

-- whoever was mailed on one day is as far
sent as (
    select
        organization_id,
        campaign_id,
        {{ whole_days_between('sent_at', as_of()) }} as age_days,
        count(*) as recipients
    from {{ ref('int_recipients__latest') }}
    where not is_holdout and sent_at is not null
    group by organization_id, campaign_id, {{ whole_days_between('sent_at', as_of()) }}
),

-- of the day that is still running nothing is counted
shares as (
    select
        sent.organization_id,
        sent.campaign_id,
        sent.age_days,
        max(sent.recipients) as recipients,
        coalesce(max(curves.share_seen), 0) as share_seen
    from sent
    left join curves
        on sent.organization_id = curves.organization_id
        and sent.age_days > curves.days_since_window_start
    group by sent.organization_id, sent.campaign_id, sent.age_days
),

expected as (
    select
        organization_id,
        campaign_id,
        -- exact, so that the sum is the same in any order
        cast(sum(cast(recipients as decimal(18, 0)) * cast(share_seen as decimal(18, 12))) as double)
        / sum(recipients) as share_seen
    from shares
    group by organization_id, campaign_id
),

credited as (
    select
        organization_id,
        campaign_id,
        count(*) as orders
    from {{ ref('int_credited_orders') }}
    where not is_holdout
    group by organization_id, campaign_id
),

maturity as (
    select
        windows.organization_id,
        windows.campaign_id,
        windows.mailed_recipients,
        {{ local_date('windows.first_sent_at', 'organizations.timezone') }} as first_sent_date,
        {{ local_date('windows.last_sent_at', 'organizations.timezone') }} as last_sent_date,
        {{ local_date('windows.last_window_ends_at', 'organizations.timezone') }} as last_window_end_date,
        windows.is_window_open,
        coalesce(credited.orders, 0) as orders,
        cast(case
            when windows.mailed_recipients = 0 then null
            when not windows.is_window_open then 1
            when learned.learned_from_orders is not null then expected.share_seen
        end as double) as expected_share_seen,
        learned.learned_from_orders
    from windows
    inner join {{ ref('int_organizations') }} as organizations
        on windows.organization_id = organizations.organization_id
    left join expected
        on windows.organization_id = expected.organization_id
        and windows.campaign_id = expected.campaign_id
    left join learned on windows.organization_id = learned.organization_id
    left join credited
        on windows.organization_id = credited.organization_id
        and windows.campaign_id = credited.campaign_id
)

select
    *,
    orders / nullif(expected_share_seen, 0) as projected_orders
from maturity
