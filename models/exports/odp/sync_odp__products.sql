-- One row per product of ODP: a purchase that refers to one does not make it.
{% set payload = ['product_id', 'name', 'sku', 'image_url', 'price_amount'] %}

with
products as (
    select *
    from {{ ref('int_products') }}
    where {{ publishes_to('odp') }}
),

keyed as (
    select
        organization_id,
        {{ sync_key('product', ['product_id']) }} as sync_key,
        {{ object_columns() | indent(8) }},
        product_id,
        title as name,
        sku,
        image_url,
        unit_price_amount as price_amount
    from products
),

rows_to_sync as (
    {{ sync_rows('keyed', payload) | indent(4) }}
)

select * from rows_to_sync
