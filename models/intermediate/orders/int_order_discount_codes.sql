-- One row per order and distinct discount code redeemed with it. In a tick: of the orders that it matches anew.
with
orders as (
    {{ in_scope(ref('int_orders__unioned'), 'int_orders__to_decide', order_key(), 'scope.is_to_match') | indent(4) }}
),

codes as (
    select
        organization_id,
        order_id,
        {{ split_rows(listed_codes('discount_codes'), '|') }} as code
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
