-- One row per order event at Klaviyo with the order it belongs to: the one it names, or the one whose placed event has
-- the `$event_id` that it names.
{{ config(materialized='view') }}
with
events as (select * from {{ ref('int_order_events__klaviyo') }}),

placed as (
    select
        organization_id,
        native_id,
        min(order_id) as order_id
    from events
    where event_type = 'placed' and native_id <> order_id
    group by organization_id, native_id
),

named as (
    select
        events.organization_id,
        coalesce(placed.order_id, events.order_id) as order_id,
        {% for column in klaviyo_event_columns() if column not in ('organization_id', 'order_id', 'loaded_at') %}
        events.{{ column }},
        {% endfor %}
        events.loaded_at
    from events
    left join placed
        on events.organization_id = placed.organization_id
        and events.order_id = placed.native_id
        and events.event_type <> 'placed'
)

select * from named
