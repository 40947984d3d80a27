-- One row per code redeemed with an order that takes part in matching. In a tick: of the orders that it matches anew.
{{ config(materialized='view') }}
with
orders as (select * from {{ ref('int_matchable_orders') }}),

order_codes as (select * from {{ ref('int_order_discount_codes') }}),

redeemed as (
    select
        orders.organization_id,
        orders.order_id,
        order_codes.code_key,
        orders.ordered_at
    from orders
    inner join order_codes
        on orders.organization_id = order_codes.organization_id
        and orders.order_id = order_codes.order_id
)

select * from redeemed
