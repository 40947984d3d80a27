-- One row per order and line of it, from the provider its organization uses. A line without a product's id has its SKU.
-- One of which something could not be read says so; with `is_held_back` it takes part in nothing.
{{ config(
    materialized='incremental',
    incremental_strategy='replace_scope',
    meta={'scope': 'int_orders__to_read', 'keys': order_key()},
) }}
{{ after('int_orders__to_read') }}
{% set untold = ['categories', 'url', 'image_url'] %}
{% set too_many = "case when distinct_lines.is_beyond then 'order_lines=too_many' end" %}

with
{% for provider in ['ometria', 'shopify', 'commercetools'] %}
{{ provider }}_latest as (
    {{ of_latest_versions(
        ref('stg_' ~ provider ~ '__order_lines'), ref('int_order_versions__latest'), provider
    ) | indent(4) }}
),

{% endfor %}
unioned as (
    select
        'files' as provider,
        organization_id,
        order_id,
        line_id,
        unreadable_fields,
        is_held_back,
        loaded_at,
        {{ order_line_columns() }}
    from {{ ref('int_order_lines__files') }}
    union all
    select
        'klaviyo' as provider,
        organization_id,
        order_id,
        line_id,
        unreadable_fields,
        is_held_back,
        loaded_at,
        {{ order_line_columns(untold) }}
    from {{ ref('int_order_lines__klaviyo') }}
    {% for provider in ['ometria', 'shopify', 'commercetools'] %}
    union all
    select
        '{{ provider }}' as provider,
        organization_id,
        order_id,
        line_id,
        unreadable_fields,
        is_held_back,
        loaded_at,
        {{ order_line_columns(untold) }}
    from {{ provider }}_latest
    {% endfor %}
),

-- a version that was landed twice has its lines once
distinct_lines as (
    select
        *,
        count(*) over (partition by provider, organization_id, order_id) > {{ var('bounds')['most_lines'] }}
            as is_beyond
    from unioned
    where line_id is not null
    qualify
        row_number() over (
            partition by provider, organization_id, order_id, line_id
            order by product_id, quantity, unit_price_amount
        ) = 1
),

lines as (
    select
        distinct_lines.organization_id,
        distinct_lines.order_id,
        distinct_lines.line_id,
        {% for column in order_line_text_columns() if column != 'product_id' %}
        distinct_lines.{{ column }},
        {% endfor %}
        {% for column in order_line_amount_columns() %}
        distinct_lines.{{ column }},
        {% endfor %}
        coalesce(distinct_lines.product_id, distinct_lines.sku) as product_id,
        distinct_lines.provider,
        {{ joined_problems(['distinct_lines.unreadable_fields', too_many]) }} as unreadable_fields,
        coalesce(distinct_lines.is_held_back, false) or distinct_lines.is_beyond as is_held_back,
        distinct_lines.loaded_at
    from distinct_lines
    inner join {{ ref('int_organizations') }} as organizations
        on distinct_lines.organization_id = organizations.organization_id
        and distinct_lines.provider = organizations.provider
    where coalesce(distinct_lines.product_id, distinct_lines.sku, distinct_lines.unreadable_fields) is not null
)

select * from lines
