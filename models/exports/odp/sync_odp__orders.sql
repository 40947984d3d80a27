-- One row per order object of ODP: which campaign the order is credited to, which changes with late data. An order that
-- a holdout won looks like one without mail: nobody may tell who is held out. It waits for the order's purchase, for an
-- object of an order that ODP does not know would make one without money.
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

attributions as (
    select
        organization_id,
        order_id,
        {% for column in ['campaign_id', 'match_method', 'matched_on'] %}
        {{ told_credit('case when not is_holdout then ' ~ column ~ ' end') }} as dm_{{ column }},
        {% endfor %}
        case when is_holdout then 'unmatched' else attribution_status end as dm_status
    from {{ ref('fct_order_attributions') }}
),

credited as (
    select
        orders.organization_id,
        orders.order_id,
        case
            when orders.is_cancelled then 'cancel'
            when refunded.order_id is not null or orders.status = 'refunded' then 'refund'
            else 'purchase'
        end as status,
        attributions.dm_status,
        attributions.dm_campaign_id,
        attributions.dm_match_method,
        attributions.dm_matched_on,
        orders.is_negative,
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
        case when is_negative then 'negative_amount' end as reject_reason,
        1 as send_order
    from credited
),

rows_to_sync as (
    {{ sync_rows('keyed', payload) | indent(4) }}
)

select * from rows_to_sync
