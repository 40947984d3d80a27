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

expected as (select * from {{ ref('int_campaign_expected_shares') }}),

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
