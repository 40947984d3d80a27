-- One row per order matched by address and time of mail when its customer, by customer id or e-mail, was subscribed.
with
pairs as (select * from {{ ref('int_match_pairs__address') }}),

orders {{ inlined_but_in_ticks() }} (select * from {{ ref('int_matchable_orders') }}),

subscriptions as (select * from {{ ref('int_subscriptions') }}),

-- orders of customers who ever subscribed, by either key
subscribers as (
    {% for key in ['customer_id', 'email_key'] %}
    select
        orders.organization_id,
        orders.order_id,
        '{{ key }}' as key_name,
        orders.{{ key }} as key_value
    from orders
    where exists (
            select 1
            from subscriptions
            where subscriptions.organization_id = orders.organization_id and subscriptions.{{ key }} = orders.{{ key }}
        )
    {{ "union all" if not loop.last }}
    {% endfor %}
),

mailed_subscribers as (
    select
        pairs.organization_id,
        pairs.order_id,
        pairs.sent_at,
        subscribers.key_name,
        subscribers.key_value
    from pairs
    inner join subscribers
        on pairs.organization_id = subscribers.organization_id
        and pairs.order_id = subscribers.order_id
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
        from mailed_subscribers
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
        mailed_subscribers.organization_id,
        mailed_subscribers.order_id,
        mailed_subscribers.sent_at
    from mailed_subscribers
    inner join subscribed_times
        on mailed_subscribers.organization_id = subscribed_times.organization_id
        and mailed_subscribers.key_name = subscribed_times.key_name
        and mailed_subscribers.key_value = subscribed_times.key_value
        and mailed_subscribers.sent_at = subscribed_times.sent_at
)

select * from subscribed
