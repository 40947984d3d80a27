-- One row per campaign and day of the window that is over for all of its recipients.
with
sizes as (
    select *
    from {{ ref('int_lift__sizes') }}
    where cut = 'campaign' and last_created_at is not null
),

campaigns as (select * from {{ ref('int_campaigns') }}),

ages as (
    select
        sizes.organization_id,
        sizes.campaign_id,
        least(
            campaigns.window_days,
            {{ whole_days_between(add_days('sizes.last_created_at', 'campaigns.in_home_days'), as_of()) }}
        ) as days_over
    from sizes
    inner join campaigns
        on sizes.organization_id = campaigns.organization_id
        and sizes.campaign_id = campaigns.campaign_id
),

days as (
    select
        organization_id,
        campaign_id,
        cast({{ first_numbers('days_over') }} as integer) as days_since_window_start
    from ages
    where days_over > 0
)

select * from days
