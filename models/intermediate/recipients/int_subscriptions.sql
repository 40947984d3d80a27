-- One row per subscription, with the keys by which it belongs to a customer. Open-ended where ended_at is null.
with
unioned as (
    select
        organization_id,
        subscription_id,
        customer_id,
        email,
        started_at,
        ended_at
    from {{ ref('int_subscriptions__files') }}
    where is_held_back is not true
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
