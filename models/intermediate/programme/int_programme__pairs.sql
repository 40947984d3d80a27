-- One row per pair of campaigns of an organization whose outcome windows overlap.
with
sizes as (
    select *
    from {{ ref('int_lift__sizes') }}
    where cut = 'campaign' and last_created_at is not null
),

campaigns as (select * from {{ ref('int_campaigns') }}),

windows as (
    select
        sizes.organization_id,
        sizes.campaign_id,
        {{ add_days('sizes.first_created_at', 'campaigns.in_home_days') }} as opens_at,
        {{ add_days('sizes.last_created_at', 'campaigns.in_home_days + campaigns.window_days') }} as closes_at
    from sizes
    inner join campaigns
        on sizes.organization_id = campaigns.organization_id
        and sizes.campaign_id = campaigns.campaign_id
),

pairs as (
    select
        one.organization_id,
        one.campaign_id as first_campaign_id,
        other.campaign_id as second_campaign_id
    from windows as one
    inner join windows as other
        on one.organization_id = other.organization_id
        and one.campaign_id < other.campaign_id
        and one.opens_at < other.closes_at
        and one.closes_at > other.opens_at
)

select * from pairs
