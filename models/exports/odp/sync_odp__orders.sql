-- One row per order object of ODP: which campaign the order is credited to, which changes with late data. It waits for
-- the order's purchase, for an object of an order that ODP does not know would make one without money.
{% set payload = ['status', 'dm_status', 'dm_campaign_id', 'dm_match_method', 'dm_matched_on'] %}

with
orders as (
    select *
    from {{ ref('int_orders__published') }}
    where {{ publishes_to('odp') }}
),

refunded as (
    select distinct
        organization_id,
        order_id
    from {{ ref('int_order_refunds') }}
    where is_held_back is not true
),

attributions as (select * from {{ ref('fct_order_attributions') }}),

credited as (
    select
        orders.organization_id,
        orders.order_id,
        case
            when orders.is_cancelled then 'cancel'
            when refunded.order_id is not null or orders.status = 'refunded' then 'refund'
            else 'purchase'
        end as status,
        attributions.attribution_status as dm_status,
        {{ told_credit('attributions.campaign_id') }} as dm_campaign_id,
        {{ told_credit('attributions.match_method') }} as dm_match_method,
        {{ told_credit('attributions.matched_on') }} as dm_matched_on,
        orders.ordered_at as occurred_at
    from orders
    inner join attributions
        on orders.organization_id = attributions.organization_id
        and orders.order_id = attributions.order_id
    left join refunded
        on orders.organization_id = refunded.organization_id
        and orders.order_id = refunded.order_id
    where orders.currency = orders.organization_currency
),

keyed as (
    select
        *,
        {{ sync_key('order', ['order_id']) }} as sync_key,
        {{ sync_key('order_event', ['order_id', "'purchase'", "''"]) }} as depends_on_key,
        cast(null as varchar) as carried_by_key,
        cast(null as varchar) as reject_reason,
        1 as send_order
    from credited
),

rows_to_sync as (
    {{ sync_rows('keyed', payload) | indent(4) }}
)

select * from rows_to_sync
