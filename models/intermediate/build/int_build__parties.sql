-- One row per exclusion, subscription and blackout period with the keys and times by which it concerns orders.
{{ config(post_hook=[
    "insert into ops.seen_parties select '{{ invocation_id }}', * from {{ this }}",
    "insert into ops.seen_parties (build_id, kind) values ('{{ invocation_id }}', 'none')",
]) }}
with
parties as (
    select
        'exclusion' as kind,
        exclusions.organization_id,
        exclusions.exclusion_id as item_id,
        exclusions.email_key,
        exclusions.email_domain,
        exclusions.address_id,
        exclusions.address_key,
        cast(null as varchar) as customer_id,
        exclusions.campaign_id,
        exclusions.recipient_id,
        cast(null as timestamp) as starts_at,
        cast(null as timestamp) as ends_at
    from {{ ref('int_exclusion_keys') }} as exclusions
    union all
    select
        'subscription' as kind,
        organization_id,
        subscription_id as item_id,
        email_key,
        null as email_domain,
        null as address_id,
        null as address_key,
        customer_id,
        null as campaign_id,
        null as recipient_id,
        started_at as starts_at,
        ended_at as ends_at
    from {{ ref('int_subscriptions') }}
    union all
    select
        'blackout_period' as kind,
        organization_id,
        '' as item_id,
        null as email_key,
        null as email_domain,
        null as address_id,
        null as address_key,
        null as customer_id,
        null as campaign_id,
        null as recipient_id,
        starts_at,
        ends_at
    from {{ ref('blackout_periods') }}
)

select * from parties
