-- One row per order and distinct code redeemed with it, tests among them.
{{ config(materialized='view') }}
with
parted as (
    select
        organization_id,
        order_id,
        is_test,
        ordered_at,
        {{ split_rows(listed_codes('discount_codes'), '|') }} as code
    from {{ ref('int_orders__unioned') }}
    where discount_codes is not null
),

redeemed as (
    select distinct
        organization_id,
        order_id,
        {{ code_key('code') }} as code_key,
        is_test,
        ordered_at
    from parted
    where {{ code_key('code') }} is not null
)

select * from redeemed
