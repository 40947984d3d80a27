-- One row per product ever ordered of an organization, as the latest order that names it says.
{{ config(materialized='view') }}
with
lines as (
    select
        lines.organization_id,
        lines.product_id,
        lines.sku,
        lines.title,
        lines.url,
        lines.image_url,
        lines.unit_price_amount,
        orders.currency,
        orders.publish_to
    from {{ ref('int_order_lines') }} as lines
    inner join {{ ref('int_orders__published') }} as orders
        on lines.organization_id = orders.organization_id
        and lines.order_id = orders.order_id
    -- a product's price is told in the organization's currency
    where orders.currency = orders.organization_currency and lines.is_held_back is not true
    qualify
        row_number() over (
            partition by lines.organization_id, lines.product_id
            order by
                lines.title is null, lines.url is null, orders.ordered_at desc, lines.order_id desc, lines.line_id desc
        ) = 1
)

select * from lines
