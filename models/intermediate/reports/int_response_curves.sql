-- One row per organization and day of the window: the share of the credited orders of its closed campaigns that had
-- come by the end of that day. Nothing for an organization without a closed campaign that sold anything.
with
closed as (
    select *
    from {{ ref('int_campaign_windows') }}
    where mailed_recipients > 0 and not is_window_open
),

orders as (
    select
        credited.organization_id,
        credited.campaign_id,
        credited.days_since_window_start
    from {{ ref('int_credited_orders') }} as credited
    inner join closed
        on credited.organization_id = closed.organization_id
        and credited.campaign_id = closed.campaign_id
    where not credited.is_holdout
),

per_day as (
    select
        organization_id,
        days_since_window_start,
        count(*) as orders
    from orders
    group by organization_id, days_since_window_start
),

cumulated as (
    select
        organization_id,
        days_since_window_start,
        cast(sum(orders) over (partition by organization_id order by days_since_window_start) as double)
        / sum(orders) over (partition by organization_id) as share_seen,
        sum(orders) over (partition by organization_id) as learned_from_orders
    from per_day
)

select * from cumulated
