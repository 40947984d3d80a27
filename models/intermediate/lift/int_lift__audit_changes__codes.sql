-- One row per campaign and order that redeemed a code of it, and what counting codes as credit does changes: only the
-- mailed arm has codes, so such an order counts for it, if not already there, and no longer for the holdout.
with
uses as (
    select distinct
        organization_id,
        campaign_id,
        order_id
    from {{ ref('int_code_uses') }}
),

counted as (select * from {{ ref('int_lift__counted_orders') }}),

windows as (
    select
        sizes.organization_id,
        sizes.campaign_id,
        campaigns.currency,
        {{ add_days('sizes.first_created_at', 'campaigns.in_home_days') }} as opens_at,
        {{ add_days('sizes.last_created_at', 'campaigns.in_home_days + campaigns.window_days') }} as closes_at
    from {{ ref('int_lift__sizes') }} as sizes
    inner join {{ ref('int_campaigns') }} as campaigns
        on sizes.organization_id = campaigns.organization_id
        and sizes.campaign_id = campaigns.campaign_id
    where sizes.cut = 'campaign'
),

used {{ made_first() }} (
    select
        uses.*,
        orders.currency,
        orders.net_amount,
        orders.ordered_at
    from uses
    inner join {{ ref('int_lift__countable_orders') }} as orders
        on uses.organization_id = orders.organization_id
        and uses.order_id = orders.order_id
),

redeemed as (
    select
        used.organization_id,
        used.campaign_id,
        used.order_id,
        counted.household_key as counted_household_key,
        counted.is_holdout as is_counted_holdout,
        case when used.currency = windows.currency then used.net_amount else 0 end as revenue_amount
    from used
    inner join windows
        on used.organization_id = windows.organization_id
        and used.campaign_id = windows.campaign_id
    left join counted
        on used.organization_id = counted.organization_id
        and used.campaign_id = counted.campaign_id
        and used.order_id = counted.order_id
    where used.ordered_at >= windows.opens_at
        and used.ordered_at < windows.closes_at
        and coalesce(counted.is_holdout, true)
),

changes as (
    {% for household_key, sign, is_holdout in [
        ('cast(null as varchar)', '', 'false'), ('counted_household_key', '-', 'true'),
    ] %}
    select
        organization_id,
        campaign_id,
        'discount_code' as match_key,
        {{ household_key }} as household_key,
        order_id,
        {{ sign }}1 as orders,
        cast({{ sign }}revenue_amount as decimal(18, 4)) as revenue_amount,
        {{ is_holdout }} as is_holdout
    from redeemed
    {{ "union all" if not loop.last else "where is_counted_holdout" }}
    {% endfor %}
)

select * from changes
