-- One row per order with lines: all of them as one JSON array, amounts as texts.
{{ config(materialized='view') }}
with
lines as (
    select *
    from {{ ref('int_order_lines') }}
    where is_held_back is not true
)

select
    organization_id,
    order_id,
    {{ json_array_of(
        ['line_id'] + order_line_text_columns() + order_line_amount_columns(), 'line_id'
    ) }} as lines
from lines
group by organization_id, order_id
