-- One row per order placed in Klaviyo, with what its cancelled, refunded and fulfilled events say about it.
-- An order placed twice over (the event was sent again) is its earliest event. One whose refunds cannot be read is held
-- back.
{{ config(materialized='view') }}
with
events as (
    {{ in_scope(ref('int_order_events__named'), 'int_orders__to_read', order_key()) | indent(4) }}
),

placed as (
    select *
    from events
    where event_type = 'placed' and order_id is not null and is_held_back is not true
    qualify
        row_number() over (
            partition by organization_id, order_id
            order by occurred_at, event_id
        ) = 1
),

later as (
    select
        organization_id,
        order_id,
        {{ amount("sum(case when event_type = 'refunded' then abs(value_amount) end)") }} as refunded_amount,
        bool_or(event_type = 'refunded' and (is_held_back or value_amount is null))
        or {{ is_beyond_amounts("sum(case when event_type = 'refunded' then abs(value_amount) end)") }}
            as has_unreadable_refund,
        bool_or(event_type = 'cancelled') as is_cancelled,
        bool_or(event_type = 'fulfilled') as is_fulfilled,
        min(case when event_type = 'fulfilled' then occurred_at end) as fulfilled_at,
        max(case when event_type = 'refunded' then occurred_at end) as refunded_at,
        min(case when event_type = 'cancelled' then occurred_at end) as cancelled_at
    from events
    where event_type in ('cancelled', 'refunded', 'fulfilled')
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
            when later.is_cancelled then 'cancelled'
            when later.refunded_amount >= placed.value_amount and later.refunded_amount > 0 then 'refunded'
            when later.is_fulfilled then 'fulfilled'
            else 'placed'
        end as status,
        placed.value_amount as total_amount,
        placed.subtotal_amount,
        placed.discount_amount,
        placed.shipping_amount,
        placed.tax_amount,
        later.refunded_amount,
        {% for column in order_part_columns() %}
        placed.{{ column }},
        {% endfor %}
        placed.has_tax_in_prices,
        {{ joined_problems([
            "case when placed.value_amount is null then 'total_amount=missing' end",
            "case when later.has_unreadable_refund then 'refunded_amount=not_readable' end",
        ]) }} as unreadable_fields,
        coalesce(placed.is_test, false) as is_test,
        placed.value_amount is null or coalesce(later.has_unreadable_refund, false) as is_held_back,
        placed.occurred_at as ordered_at,
        cast(null as timestamp) as paid_at,
        later.fulfilled_at,
        later.refunded_at,
        later.cancelled_at,
        placed.loaded_at
    from placed
    left join later
        on placed.organization_id = later.organization_id
        and placed.order_id = later.order_id
)

select * from orders
