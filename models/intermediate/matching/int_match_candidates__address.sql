-- One row per order and mailed recipient whose address matches the shipping (or billing) address. A match is vetoed
-- where the customer was subscribed when the mail went out: a subscriber's orders would have come without it.
{{ config(materialized='view') }}
with
pairs as (select * from {{ ref('int_match_pairs__address') }}),

orders {{ inlined_but_in_ticks() }} (select * from {{ ref('int_matchable_orders') }}),

subscriptions as (select * from {{ ref('int_subscriptions') }}),

-- the customers of these pairs who ever subscribed, by either key
subscribers as (
    {% for key in ['customer_id', 'email_key'] %}
    select
        pairs.organization_id,
        pairs.order_id,
        pairs.sent_at,
        '{{ key }}' as key_name,
        orders.{{ key }} as key_value
    from pairs
    inner join orders
        on pairs.organization_id = orders.organization_id
        and pairs.order_id = orders.order_id
    where exists (
            select 1
            from subscriptions
            where subscriptions.organization_id = orders.organization_id and subscriptions.{{ key }} = orders.{{ key }}
        )
    {{ "union" if not loop.last }}
    {% endfor %}
),

-- asked once for each customer and time of mail, however many orders and subscriptions the customer has
subscribed_times as (
    {% for key in ['customer_id', 'email_key'] %}
    select distinct
        asked.organization_id,
        asked.key_name,
        asked.key_value,
        asked.sent_at
    from (
        select distinct
            organization_id,
            key_name,
            key_value,
            sent_at
        from subscribers
        where key_name = '{{ key }}'
    ) as asked
    inner join subscriptions
        on asked.organization_id = subscriptions.organization_id
        and asked.key_value = subscriptions.{{ key }}
        and asked.sent_at >= subscriptions.started_at
        and (subscriptions.ended_at is null or asked.sent_at < subscriptions.ended_at)
    {{ "union all" if not loop.last }}
    {% endfor %}
),

subscribed as (
    select distinct
        subscribers.organization_id,
        subscribers.order_id,
        subscribers.sent_at
    from subscribers
    inner join subscribed_times
        on subscribers.organization_id = subscribed_times.organization_id
        and subscribers.key_name = subscribed_times.key_name
        and subscribers.key_value = subscribed_times.key_value
        and subscribers.sent_at = subscribed_times.sent_at
),

candidates as (
    select
        pairs.organization_id,
        pairs.order_id,
        'address' as match_method,
        pairs.matched_on,
        pairs.campaign_id,
        pairs.recipient_id,
        pairs.match_tier,
        pairs.match_reason,
        case
            when subscribed.order_id is not null then 'active_subscription'
            when pairs.is_key_ambiguous then 'ambiguous_key'
            when pairs.recipient_id is null then 'ambiguous_address'
        end as veto_reason,
        case when pairs.recipient_id is null then pairs.competing_recipients end as competing_recipients,
        false as is_holdout,
        pairs.sent_at as window_start_at
    from pairs
    left join subscribed
        on pairs.organization_id = subscribed.organization_id
        and pairs.order_id = subscribed.order_id
        and pairs.sent_at = subscribed.sent_at
)

select * from candidates
