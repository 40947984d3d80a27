-- One row per campaign and segment (empty where a recipient has none): how those who were mailed responded. Orders by a
-- campaign's code name no recipient and so no segment; they are left out.
with
mailed as (
    select
        organization_id,
        campaign_id,
        coalesce(segment, '') as segment,
        count(*) as mailed_recipients
    from {{ ref('int_recipients__latest') }}
    where not is_holdout and sent_at is not null
    group by organization_id, campaign_id, coalesce(segment, '')
),

campaigns as (select * from {{ ref('int_campaigns') }}),

responses as (
    select
        organization_id,
        campaign_id,
        segment,
        count(*) as orders,
        count(distinct recipient_id) as buyers,
        {{ total('revenue_amount') }} as revenue_amount
    from {{ ref('int_credited_orders') }}
    where not is_holdout and recipient_id is not null
    group by organization_id, campaign_id, segment
),

by_segment as (
    select
        mailed.organization_id,
        mailed.campaign_id,
        mailed.segment,
        campaigns.currency,
        mailed.mailed_recipients,
        coalesce(responses.orders, 0) as orders,
        coalesce(responses.buyers, 0) as buyers,
        coalesce(responses.revenue_amount, 0) as revenue_amount,
        cast(coalesce(responses.buyers, 0) as double) / mailed.mailed_recipients as response_rate
    from mailed
    inner join campaigns
        on mailed.organization_id = campaigns.organization_id
        and mailed.campaign_id = campaigns.campaign_id
    left join responses
        on mailed.organization_id = responses.organization_id
        and mailed.campaign_id = responses.campaign_id
        and mailed.segment = responses.segment
)

select * from by_segment
