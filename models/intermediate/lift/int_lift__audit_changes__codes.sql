-- One row per campaign and order that redeemed a code of it, and what counting codes as credit does changes: only the
-- mailed arm has codes, so such an order counts for it, if not already there, and no longer for the holdout.
with
uses as (select distinct organization_id, campaign_id, order_id from {{ ref('int_code_uses') }}),

orders as (select * from {{ ref('int_lift__countable_orders') }}),

counted as (select * from {{ ref('int_lift__counted_orders') }}),

campaigns as (select * from {{ ref('int_campaigns') }}),

windows as (
    select
        sizes.organization_id,
        sizes.campaign_id,
        campaigns.currency,
        {{ add_days('sizes.first_created_at', 'campaigns.in_home_days') }} as opens_at,
        {{ add_days('sizes.last_created_at', 'campaigns.in_home_days + campaigns.window_days') }} as closes_at
    from {{ ref('int_lift__sizes') }} as sizes
    inner join campaigns
        on sizes.organization_id = campaigns.organization_id
        and sizes.campaign_id = campaigns.campaign_id
    where sizes.cut = 'campaign'
),

redeemed as (
    select
        uses.organization_id,
        uses.campaign_id,
        uses.order_id,
        counted.household_key as counted_household_key,
        counted.is_holdout as is_counted_holdout,
        case when orders.currency = windows.currency then orders.net_amount else 0 end as revenue_amount
    from uses
    inner join orders
        on uses.organization_id = orders.organization_id
        and uses.order_id = orders.order_id
    inner join windows
        on uses.organization_id = windows.organization_id
        and uses.campaign_id = windows.campaign_id
        and orders.ordered_at >= windows.opens_at
        and orders.ordered_at < windows.closes_at
    left join counted
        on uses.organization_id = counted.organization_id
        and uses.campaign_id = counted.campaign_id
        and uses.order_id = counted.order_id
    where coalesce(counted.is_holdout, true)
),

changes as (
    select
        organization_id,
        campaign_id,
        'discount_code' as match_key,
        cast(null as varchar) as household_key,
        order_id,
        1 as orders,
        revenue_amount,
        false as is_holdout
    from redeemed
    union all
    select
        organization_id,
        campaign_id,
        'discount_code' as match_key,
        counted_household_key as household_key,
        order_id,
        -1 as orders,
        -revenue_amount as revenue_amount,
        true as is_holdout
    from redeemed
    where is_counted_holdout
)

select * from changes
