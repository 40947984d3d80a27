-- One row per object of which something could not be read, as its latest version stands: what it is, and the fields
-- with their problems.
{{ config(materialized='view') }}
{% set latest_versions = [
    ('klaviyo', 'audience_members', ref('stg_klaviyo__audience_members'), ['audience_id', 'recipient_id'], 'said_at'),
    ('klaviyo', 'subscription_events', ref('stg_klaviyo__subscription_events'), ['event_id'], 'loaded_at'),
    ('ometria', 'profiles', ref('stg_ometria__profiles'), ['profile_id'], 'updated_at'),
    ('ometria', 'list_changes', ref('stg_ometria__list_changes'), ['change_id'], 'loaded_at'),
    ('shopify', 'segment_members', ref('stg_shopify__audience_members'), ['audience_id', 'recipient_id'], 'said_at'),
    ('shopify', 'subscription_contracts', ref('stg_shopify__subscription_contracts'), ['subscription_id'], 'updated_at'),
    ('commercetools', 'discount_codes', ref('stg_commercetools__discount_codes'), ['discount_code_id'], 'updated_at'),
    ('commercetools', 'payments', ref('stg_commercetools__payment_transactions'), ['payment_id'], 'updated_at'),
] %}
{% set merged = [
    ("provider", 'orders', ref('int_orders__unreadable'), ['order_id']),
    ("'klaviyo'", 'order_events', ref('int_order_events__klaviyo'), ['event_id']),
    ("provider", 'order_lines', ref('int_order_lines'), ['order_id', 'line_id']),
    ("provider", 'refunds', ref('int_order_refunds'), ['order_id', 'refund_id']),
    ("'files'", 'campaigns', ref('int_campaigns__stated'), ['campaign_id']),
    ("'files'", 'recipients', ref('int_recipients__merged'), ['campaign_id', 'recipient_id']),
    ("'files'", 'subscriptions', ref('int_subscriptions__files'), ['subscription_id']),
] %}

with
objects as (
    {% for source, entity, relation, key, version in latest_versions %}
    select
        organization_id,
        '{{ source }}' as source,
        '{{ entity }}' as entity,
        {{ key | join(" || '/' || ") }} as id,
        unreadable_fields,
        is_held_back,
        loaded_at
    from (
        select *
        from {{ relation }}
        qualify
            dense_rank() over (
                partition by organization_id, {{ key | join(', ') }}
                order by coalesce({{ version }}, loaded_at) desc, loaded_at desc, payload_hash
            ) = 1
    ) as {{ source }}_{{ entity }}
    where unreadable_fields is not null
    union all
    {% endfor %}
    {% for source, entity, relation, key in merged %}
    select
        organization_id,
        {{ source }} as source,
        '{{ entity }}' as entity,
        {{ key | join(" || '/' || ") }} as id,
        unreadable_fields,
        is_held_back,
        loaded_at
    from {{ relation }}
    where unreadable_fields is not null
    {{ "union all" if not loop.last }}
    {% endfor %}
)

select * from objects
