-- One row per campaign: whom it mailed, and from when to when its windows are. A campaign that mailed nobody has none.
with
campaigns as (select * from {{ ref('int_campaigns') }}),

recipients as (
    select *
    from {{ ref('int_recipients__latest') }}
    where not is_holdout and sent_at is not null
),

windows as (
    select
        campaigns.organization_id,
        campaigns.campaign_id,
        campaigns.window_days,
        count(recipients.recipient_id) as mailed_recipients,
        min(recipients.sent_at) as first_sent_at,
        max(recipients.sent_at) as last_sent_at,
        {{ add_days('max(recipients.sent_at)', 'campaigns.window_days') }} as last_window_ends_at
    from campaigns
    left join recipients
        on campaigns.organization_id = recipients.organization_id
        and campaigns.campaign_id = recipients.campaign_id
    group by campaigns.organization_id, campaigns.campaign_id, campaigns.window_days
)

select
    *,
    coalesce(last_window_ends_at > {{ as_of() }}, false) as is_window_open
from windows
