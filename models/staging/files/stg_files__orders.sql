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
        {% for column in columns %}
        fields.{{ column }},
        {% endfor %}
        file_name,
        file_read,
        row_number,
        is_alone,
        is_current,
        said_at,
        loaded_at
    from statements
)

select * from columns_of_statements
