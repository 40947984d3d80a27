-- One row per order and distinct discount code redeemed with it.
with
orders as (select * from {{ ref('int_orders__unioned') }}),

codes as (
    select
        organization_id,
        order_id,
        {{ split_rows('discount_codes', '|') }} as code
    from orders
),

keyed as (
    select distinct
        organization_id,
        order_id,
        {{ code_key('code') }} as code_key
    from codes
    where {{ code_key('code') }} is not null
)

select * from keyed
