-- One row per statement that a file in `refunds/` makes, or made in an earlier wording, about a refund.
-- Values stay text as stated: null says nothing, an empty text clears.
{% set columns = [
        'order_id',
        'refund_id',
        'refunded_at',
        'amount',
        'reason',
] %}

with
statements as (
    select
        *,
        {{ json_fields('payload', columns) }} as fields
    from {{ ref('stg_files__rows') }}
    where entity = 'refunds'
),

columns_of_statements as (
    select
        organization_id,
        fields.order_id,
        fields.refund_id,
        fields.refunded_at,
        fields.amount,
        fields.reason,
        file_name,
        file_read,
        row_number,
        is_current,
        said_at,
        loaded_at
    from statements
)

select * from columns_of_statements
