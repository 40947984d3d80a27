-- One row per line of an order placed in Klaviyo: those of the event that the order is taken from.
{{ config(materialized='view') }}
with
placed as (
    select
        organization_id,
        order_id,
        event_id
    from (
        {{ in_scope(ref('int_order_events__klaviyo'), 'int_orders__to_read', order_key()) | indent(8) }}
    ) as events
    where event_type = 'placed' and order_id is not null
    qualify
        row_number() over (
            partition by organization_id, order_id
            order by occurred_at, event_id
        ) = 1
),

lines as (
    select
        placed.organization_id,
        placed.order_id,
        lines.line_id,
        lines.product_id,
        lines.variant_id,
        lines.sku,
        lines.title,
        lines.quantity,
        lines.unit_price_amount,
        lines.discount_amount,
        lines.subtotal_amount,
        lines.unreadable_fields,
        lines.is_held_back,
        lines.loaded_at
    from placed
    inner join {{ ref('int_order_event_lines__klaviyo') }} as lines
        on placed.organization_id = lines.organization_id
        and placed.event_id = lines.event_id
)

select * from lines
