-- One row per order that may count for lift, in either arm: left out are test, company and cancelled orders and
-- those whose own e-mail, domain or address is excluded.
with
orders as (select * from {{ ref('int_orders__unioned') }}),

matchable as (select * from {{ ref('int_matchable_orders') }}),

excluded as (select * from {{ ref('int_order_excluded_parties') }}),

countable as (
    select
        matchable.organization_id,
        matchable.order_id,
        matchable.email_key,
        orders.currency,
        orders.net_amount,
        orders.ordered_at
    from matchable
    inner join orders
        on matchable.organization_id = orders.organization_id
        and matchable.order_id = orders.order_id
    left join excluded
        on matchable.organization_id = excluded.organization_id
        and matchable.order_id = excluded.order_id
    where not orders.is_cancelled and excluded.order_id is null
)

select * from countable
