-- One row per statement that a file in `orders/` makes, or made in an earlier wording, about an order.
-- Values stay text as stated: null says nothing, an empty text clears. Withdrawn rows are gone.
{% set columns = [
        'order_id',
        'ordered_at',
        'currency',
        'total_amount',
        'order_number',
        'email',
        'phone',
        'customer_id',
        'status',
        'subtotal_amount',
        'discount_amount',
        'shipping_amount',
        'tax_amount',
        'refunded_amount',
        'cancelled_at',
        'discount_codes',
        'paid_at',
        'fulfilled_at',
        'refunded_at',
        'is_test',
        'source_name',
        'ship_name',
        'ship_company',
        'ship_address1',
        'ship_address2',
        'ship_city',
        'ship_region',
        'ship_postal_code',
        'ship_country',
        'bill_name',
        'bill_address1',
        'bill_address2',
        'bill_city',
        'bill_region',
        'bill_postal_code',
        'bill_country',
        'updated_at',
] %}

with
holding as (
    select
        *,
        {{ file_row_is_current() }} as is_current,
        {{ json_fields('payload', columns) }} as fields
    from {{ source('raw_files', 'orders') }}
    qualify {{ file_row_holds() }} and not is_withdrawal
),

files as (select * from {{ ref('stg_files__files') }}),

statements as (
    select
        holding.organization_id,
        fields.order_id,
        fields.ordered_at,
        fields.currency,
        fields.total_amount,
        fields.order_number,
        fields.email,
        fields.phone,
        fields.customer_id,
        fields.status,
        fields.subtotal_amount,
        fields.discount_amount,
        fields.shipping_amount,
        fields.tax_amount,
        fields.refunded_amount,
        fields.cancelled_at,
        fields.discount_codes,
        fields.paid_at,
        fields.fulfilled_at,
        fields.refunded_at,
        fields.is_test,
        fields.source_name,
        fields.ship_name,
        fields.ship_company,
        fields.ship_address1,
        fields.ship_address2,
        fields.ship_city,
        fields.ship_region,
        fields.ship_postal_code,
        fields.ship_country,
        fields.bill_name,
        fields.bill_address1,
        fields.bill_address2,
        fields.bill_city,
        fields.bill_region,
        fields.bill_postal_code,
        fields.bill_country,
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
