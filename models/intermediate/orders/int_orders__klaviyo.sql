-- One row per order placed in Klaviyo, with what its cancelled, refunded and fulfilled events say about it.
-- An order placed twice over (the event was sent again) is its earliest event.
{{ config(materialized='view') }}
with
events as (
    {{ in_scope(ref('int_order_events__klaviyo'), 'int_orders__to_read', order_key()) | indent(4) }}
),

placed as (
    select *
    from events
    where event_type = 'placed' and order_id is not null
    qualify
        row_number() over (
            partition by organization_id, order_id
            order by occurred_at, event_id
        ) = 1
),

cancellations as (
    select
        organization_id,
        order_id,
        min(occurred_at) as cancelled_at
    from events
    where event_type = 'cancelled'
    group by organization_id, order_id
),

refunds as (
    select
        organization_id,
        order_id,
        sum(value_amount) as refunded_amount,
        max(occurred_at) as refunded_at
    from events
    where event_type = 'refunded'
    group by organization_id, order_id
),

fulfilments as (
    select
        organization_id,
        order_id,
        min(occurred_at) as fulfilled_at
    from events
    where event_type = 'fulfilled'
    group by organization_id, order_id
),

orders as (
    select
        placed.organization_id,
        placed.order_id,
        'klaviyo' as provider,
        {% for column in order_text_columns() if column != 'status' %}
        placed.{{ column }},
        {% endfor %}
        case
            when cancellations.order_id is not null then 'cancelled'
            when refunds.refunded_amount >= placed.value_amount then 'refunded'
            when fulfilments.order_id is not null then 'fulfilled'
            else 'placed'
        end as status,
        placed.value_amount as total_amount,
        placed.subtotal_amount,
        placed.discount_amount,
        placed.shipping_amount,
        placed.tax_amount,
        refunds.refunded_amount,
        coalesce(placed.is_test, false) as is_test,
        placed.occurred_at as ordered_at,
        cast(null as timestamp) as paid_at,
        fulfilments.fulfilled_at,
        refunds.refunded_at,
        cancellations.cancelled_at
    from placed
    left join cancellations
        on placed.organization_id = cancellations.organization_id
        and placed.order_id = cancellations.order_id
    left join refunds
        on placed.organization_id = refunds.organization_id
        and placed.order_id = refunds.order_id
    left join fulfilments
        on placed.organization_id = fulfilments.organization_id
        and placed.order_id = fulfilments.order_id
)

select * from orders
