-- One row per subscription, with the keys by which it belongs to a customer. Open-ended where ended_at is null.
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
        cast({{ latest_value('started_at') }} as timestamp) as started_at,
        cast({{ latest_value('ended_at') }} as timestamp) as ended_at
    from statements
    group by organization_id, subscription_id
),

unioned as (
    select
        organization_id,
        subscription_id,
        customer_id,
        email,
        started_at,
        ended_at
    from merged
    {% for source in ['klaviyo', 'shopify'] %}
    union all
    select
        organization_id,
        subscription_id,
        customer_id,
        email,
        started_at,
        ended_at
    from {{ ref('int_subscriptions__' ~ source) }}
    {% endfor %}
),

keyed as (
    select
        organization_id,
        subscription_id,
        customer_id,
        {{ email_key('email') }} as email_key,
        started_at,
        ended_at
    from unioned
    where started_at is not null
)

select * from keyed
