-- One row per statement that a file in `order_lines/` makes, or made in an earlier wording, about an order line.
-- Values stay text as stated: null says nothing, an empty text clears. Withdrawn rows are gone.
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
        'updated_at',
] %}

with
holding as (
    select
        *,
        {{ file_row_is_current() }} as is_current,
        {{ json_fields('payload', columns) }} as fields
    from {{ source('raw_files', 'order_lines') }}
    qualify {{ file_row_holds() }} and not is_withdrawal
),

files as (select * from {{ ref('stg_files__files') }}),

statements as (
    select
        holding.organization_id,
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
        holding.file_name,
        holding.file_read,
        holding.row_number,
        holding.is_current,
        coalesce(
            cast(nullif(fields.updated_at, '') as timestamp),
            case when holding.is_current then files.file_modified_at end,
            holding.file_modified_at
        ) as said_at
    from holding
    left join files on holding.file_name = files.file_name
)

select * from statements
