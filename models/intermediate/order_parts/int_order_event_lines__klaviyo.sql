-- One row per placed order event at Klaviyo and line in it, in the event's latest wording.
{{ config(
    materialized='incremental',
    incremental_strategy='replace_scope',
    meta={'scope': 'int_order_events__to_read', 'keys': ['organization_id', 'event_id']},
) }}
with
events as (
    {{ in_scope(
        ref('int_order_events__klaviyo'), 'int_order_events__to_read', ['organization_id', 'event_id']
    ) | indent(4) }}
),

lines as (
    select
        lines.organization_id,
        lines.event_id,
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
    from {{ ref('stg_klaviyo__order_lines') }} as lines
    inner join events
        on lines.organization_id = events.organization_id
        and lines.event_id = events.event_id
        and lines.payload_hash = events.payload_hash
    -- one wording may have been landed twice
    qualify
        row_number() over (
            partition by lines.organization_id, lines.event_id, lines.line_id
            order by lines.loaded_at desc
        ) = 1
)

select * from lines
