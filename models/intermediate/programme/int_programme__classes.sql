-- One row per organization, metric and class of households that had the same chance never to be mailed and were, or
-- were not: how many there are, and the sums of their outcomes and squares.
with
households as (select * from {{ ref('int_programme__households') }}),

orders as (select * from {{ ref('int_programme__household_orders') }}),

classes as (
    {% for metric, figure in programme_metrics().items() %}
    select
        households.organization_id,
        '{{ metric }}' as metric,
        households.log_probability,
        households.is_never_mailed,
        count(*) as households,
        count(orders.orders) as buyers,
        cast(coalesce(sum(orders.{{ figure }}), 0) as double) as y,
        {{ product_total('orders.' ~ figure, 'orders.' ~ figure) }} as yy
    from households
    left join orders
        on households.organization_id = orders.organization_id
        and households.household_key = orders.household_key
    group by households.organization_id, households.log_probability, households.is_never_mailed
    {{ "union all" if not loop.last }}
    {% endfor %}
)

select * from classes
