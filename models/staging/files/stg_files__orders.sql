-- One row per statement that a file in `orders/` makes, or made in an earlier wording, about an order.
-- Values stay text as stated: null says nothing, an empty text clears.
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
] %}

with
statements as (
    select
        *,
        {{ json_fields('payload', columns) }} as fields
    from {{ ref('stg_files__rows') }}
    where entity = 'orders'
),

columns_of_statements as (
    select
        organization_id,
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
        file_name,
        file_read,
        row_number,
        is_alone,
        is_current,
        said_at
    from statements
)

select * from columns_of_statements
