-- One row per event of the subscription-started metric; it ended with the customer's next event of the other metric,
-- of the same subscription where both name one.
with
released as (
    {{ released_rows(ref('stg_klaviyo__subscription_events'), ref('stg_ops__held_organizations')) | indent(4) }}
),

latest as (
    select *
    from released
    qualify
        row_number() over (
            partition by organization_id, event_id
            order by loaded_at desc, payload_hash
        ) = 1
),

events as (
    select *
    from latest
    where is_held_back is not true
),

subscriptions as (
    select
        started.organization_id,
        started.event_id as subscription_id,
        max(started.customer_id) as customer_id,
        max(started.email) as email,
        max(started.occurred_at) as started_at,
        min(cancelled.occurred_at) as ended_at
    from events as started
    left join events as cancelled
        on started.organization_id = cancelled.organization_id
        and started.profile_id = cancelled.profile_id
        and cancelled.event_type = 'subscription_cancelled'
        and started.occurred_at <= cancelled.occurred_at
        and (
            started.subscription_id = cancelled.subscription_id
            or started.subscription_id is null
            or cancelled.subscription_id is null
        )
    where started.event_type = 'subscription_started'
    group by started.organization_id, started.event_id
)

select * from subscriptions
