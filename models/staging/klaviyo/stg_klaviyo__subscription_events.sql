-- One row per version of an event of the subscription metrics that an organization's settings name.
{% set fields = {
        'known_event_id': ['id', 'object_id', 'required'],
        'subscription_id': [
            'text', 'coalesce(' ~ json_text('properties_json', '$.SubscriptionId') ~ ', '
            ~ json_text('properties_json', '$.subscription_id') ~ ')', none
        ],
        'customer_id': ['text', 'known.external_id', none],
        'email': ['text', 'known.email', none],
        'happened_at': ['landed_time', json_text('payload', '$.attributes.datetime'), 'required'],
} %}
{% set parts = {
        'payload': ['json', 'case when properties_json is null then payload end', 'decisive'],
        'event_properties': ['object', 'properties_json', none],
} %}

with
events as (
    select
        *,
        {{ json_text('payload', '$.attributes.event_properties') }} as properties_json,
        {{ json_fields(json_text('profile', '$.attributes'), ['email', 'external_id']) }} as known,
        {{ time_within_bounds('occurred_at') }} as happened_at
    from {{ source('raw_klaviyo', 'subscription_events') }}
),

typed as (
    {{ typed_rows('events', fields, parts) | indent(4) }}
),

renamed as (
    select
        organization_id,
        object_id as event_id,
        payload_hash,
        profile_id,
        subscription_id,
        event_type,
        customer_id,
        email,
        unreadable_fields,
        is_held_back,
        happened_at as occurred_at,
        loaded_at
    from typed
)

select * from renamed
