-- One row per order that may count for lift, in either arm: left out are test, company and cancelled orders and
-- those whose own e-mail, domain or address is excluded.
with
orders as (select * from {{ ref('int_orders__unioned') }}),

exclusions as (select * from {{ ref('int_order_exclusions') }}),

excluded_parties as (select * from {{ ref('int_order_excluded_parties') }}),

countable as (
    select
        organization_id,
        order_id,
        currency,
        net_amount,
        merchandise_amount,
        refunded_amount,
        ordered_at,
        refunded_at
    from orders
    where not is_cancelled
    {% for excluded in ['exclusions', 'excluded_parties'] %}
    and not exists (
        select 1
        from {{ excluded }}
        where {{ excluded }}.organization_id = orders.organization_id
            and {{ excluded }}.order_id = orders.order_id
    )
    {% endfor %}
)

select * from countable
