-- One row per version of an order and line of it, amounts exact from minor units. A name is that of its first locale.
with
to_read as (
    {{ versions_of_orders('raw_commercetools') | indent(4) }}
),

lines as (
    select
        organization_id,
        object_id as order_id,
        payload_hash,
        {{ json_rows('payload', '$.lineItems') }} as line_json
    from to_read
),

fields as (
    {{ commercetools_line_fields('lines') | indent(4) }}
),

renamed as (
    select
        organization_id,
        order_id,
        payload_hash,
        {{ commercetools_line_columns() | indent(8) }}
    from fields
)

select * from renamed
