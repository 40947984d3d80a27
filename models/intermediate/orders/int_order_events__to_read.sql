-- One row per order event at Klaviyo that a tick reads: the new ones, and all of an organization whose settings
-- changed.
{{ config(schema='ops', alias='order_events_to_read', pre_hook='{{ make_room() }}') }}
{{ after('int_build__horizons') }}
with
changed as (
    select organization_id
    from {{ ref('int_build__changed_settings') }}
    where kind = 'read'
),

touched as (
    select distinct
        organization_id,
        object_id as event_id
    from {{ source('raw_klaviyo', 'order_events') }}
    where {{ is_new('raw_klaviyo.order_events') }}
        or organization_id in (select organization_id from changed)
)

select * from touched
where {{ only_in_ticks() }}
