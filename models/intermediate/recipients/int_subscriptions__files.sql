-- One row per subscription that came by file, merged column by column.
{% set fields = {
        'started_at': ['time', 'said_started_at', 'required'],
        'ended_at': ['time', 'said_ended_at', 'decisive'],
} %}

with
statements as (
    select
        *,
        {{ statement_order(['organization_id', 'subscription_id']) }} as statement_order
    from {{ ref('stg_files__subscriptions') }}
    where is_current
),

merged as (
    select
        organization_id,
        subscription_id,
        {{ latest_value('customer_id') }} as customer_id,
        {{ latest_value('email') }} as email,
        {{ latest_value('started_at') }} as said_started_at,
        {{ latest_value('ended_at') }} as said_ended_at,
        max(loaded_at) as loaded_at
    from statements
    group by organization_id, subscription_id
),

typed as (
    {{ typed_rows('merged', fields) | indent(4) }}
),

subscriptions as (
    select
        organization_id,
        subscription_id,
        customer_id,
        email,
        unreadable_fields,
        is_held_back,
        started_at,
        ended_at,
        loaded_at
    from typed
)

select * from subscriptions
