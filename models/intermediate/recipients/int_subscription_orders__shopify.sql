-- One row per order at Shopify that a subscription app placed, known by its source name or a tag.
{{ config(
    materialized='incremental',
    incremental_strategy='replace_scope',
    meta={'scope': 'int_orders__to_read', 'keys': order_key()},
) }}
{{ after('int_orders__to_read') }}
with
settings as (
    select
        organization_id,
        max(case when name = 'subscription_source_names' then '|' || lower(value) || '|' end) as source_names,
        max(case when name = 'subscription_tags' then lower(value) end) as tags
    from {{ ref('stg_ops__source_settings') }}
    where source = 'shopify'
    group by organization_id
),

latest as (
    {{ of_latest_versions(ref('stg_shopify__orders'), ref('int_order_versions__latest'), 'shopify') | indent(4) }}
),

orders as (
    select *
    from latest
    where customer_id is not null
),

order_tags as (
    select
        organization_id,
        order_id,
        {{ split_rows("lower(tags)", '|') }} as tag
    from orders
),

subscription_tags as (
    select
        organization_id,
        {{ split_rows('tags', '|') }} as tag
    from settings
),

tagged as (
    select distinct
        order_tags.organization_id,
        order_tags.order_id
    from order_tags
    inner join subscription_tags
        on order_tags.organization_id = subscription_tags.organization_id
        and trim(order_tags.tag) = trim(subscription_tags.tag)
),

renewal_names as (select * from {{ ref('subscription_source_names') }}),

renewals as (
    select distinct
        orders.organization_id,
        orders.order_id
    from orders
    inner join renewal_names
        on starts_with(lower(orders.source_name) || '_', renewal_names.source_name || '_')
),

subscription_orders as (
    select
        orders.organization_id,
        orders.order_id,
        orders.customer_id,
        orders.email,
        orders.ordered_at
    from orders
    left join settings on orders.organization_id = settings.organization_id
    left join tagged
        on orders.organization_id = tagged.organization_id
        and orders.order_id = tagged.order_id
    left join renewals
        on orders.organization_id = renewals.organization_id
        and orders.order_id = renewals.order_id
    where orders.is_held_back is not true
        and (
            tagged.order_id is not null
            or renewals.order_id is not null
            or settings.source_names like '%|' || lower(orders.source_name) || '|%'
        )
)

select * from subscription_orders
