-- One row per statement that a file in `order_lines/` makes, or made in an earlier wording, about an order line.
-- Values stay text as stated: null says nothing, an empty text clears.
{% set columns = [
        'order_id',
        'line_id',
        'product_id',
        'quantity',
        'unit_price_amount',
        'sku',
        'title',
        'discount_amount',
        'subtotal_amount',
        'categories',
        'url',
        'image_url',
] %}

with
statements as (
    select
        *,
        {{ json_fields('payload', columns) }} as fields
    from {{ ref('stg_files__rows') }}
    where entity = 'order_lines'
),

columns_of_statements as (
    select
        organization_id,
        fields.order_id,
        fields.line_id,
        fields.product_id,
        fields.quantity,
        fields.unit_price_amount,
        fields.sku,
        fields.title,
        fields.discount_amount,
        fields.subtotal_amount,
        fields.categories,
        fields.url,
        fields.image_url,
        file_name,
        file_read,
        row_number,
        is_current,
        said_at,
        loaded_at
    from statements
)

select * from columns_of_statements
