-- One row per product of Omnisend: one with a title and a page, which Omnisend requires. Each has one variant, itself.
{% set payload = ['product_id', 'title', 'url', 'image_url', 'currency', 'price_amount'] %}

with
products as (
    select *
    from {{ ref('int_products') }}
    where {{ publishes_to('omnisend') }}
        and title is not null
        and url is not null
        and unit_price_amount is not null
),

keyed as (
    select
        organization_id,
        {{ sync_key('product', ['product_id']) }} as sync_key,
        {{ object_columns() | indent(8) }},
        product_id,
        title,
        url,
        image_url,
        currency,
        unit_price_amount as price_amount
    from products
),

rows_to_sync as (
    {{ sync_rows('keyed', payload) | indent(4) }}
)

select * from rows_to_sync
