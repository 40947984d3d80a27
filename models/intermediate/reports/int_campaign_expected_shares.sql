-- One row per campaign with mailed recipients: the share of its response that has come by now, if it comes in as that
-- of the organization's closed campaigns did.
with
curves as (select * from {{ ref('int_response_curves') }}),

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
)

select * from expected
