-- One row per version of an order event, with the mapping by which its properties are read.
with
events as (
    {{ versions_to_read(
        source('raw_klaviyo', 'order_events'), 'order_events_to_read',
        {'versions.organization_id': 'organization_id', 'versions.object_id': 'event_id'}
    ) | indent(4) }}
),

mappings as (
    select
        organization_id,
        value as mapping
    from {{ ref('stg_ops__source_settings') }}
    where source = 'klaviyo' and name = 'mapping'
),

said as (
    select
        *,
        {{ json_fields('payload', ['attributes']) }}.attributes as attributes_json
    from events
),

fields as (
    select
        *,
        {{ json_fields('attributes_json', ['event_properties', 'datetime']) }} as attributes
    from said
),

renamed as (
    select
        events.organization_id,
        events.object_id as event_id,
        events.payload_hash,
        events.profile_id,
        events.event_type,
        coalesce(mappings.mapping, 'shopify') as mapping,
        events.attributes_json,
        events.attributes.datetime as event_time,
        events.attributes.event_properties as properties_json,
        {{ json_text('events.profile', '$.attributes') }} as profile_json,
        {{ time_within_bounds('events.occurred_at') }} as occurred_at,
        events.loaded_at
    from fields as events
    left join mappings on events.organization_id = mappings.organization_id
)

select * from renamed
