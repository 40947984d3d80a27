-- One row per version of an event of the subscription metrics that an organization's settings name.
{% set profile_fields = ['email', 'external_id'] %}

with
events as (
    select
        *,
        {{ json_fields(json_text('profile', '$.attributes'), profile_fields) }} as known
    from {{ source('raw_klaviyo', 'subscription_events') }}
),

renamed as (
    select
        organization_id,
        object_id as event_id,
        payload_hash,
        profile_id,
        coalesce(
            {{ json_text('payload', '$.attributes.event_properties.SubscriptionId') }},
            {{ json_text('payload', '$.attributes.event_properties.subscription_id') }}
        ) as subscription_id,
        event_type,
        known.external_id as customer_id,
        {{ trimmed('known.email') }} as email,
        occurred_at,
        loaded_at
    from events
)

select * from renamed
