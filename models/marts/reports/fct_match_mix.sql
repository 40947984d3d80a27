-- One row per organization, order month, verdict and method: what became of all orders, so that a method that stops
-- matching, or a month that matches less, is seen. Shares are of the month's orders. Months are the organization's.
with
attributions as (select * from {{ ref('fct_order_attributions') }}),

organizations as (select * from {{ ref('int_organizations') }}),

dated as (
    select
        attributions.organization_id,
        cast(
            date_trunc('month', {{ local_date('attributions.ordered_at', 'organizations.timezone') }}) as date
        ) as order_month_date,
        attributions.attribution_status,
        coalesce(attributions.match_method, '') as match_method
    from attributions
    inner join organizations on attributions.organization_id = organizations.organization_id
),

counted as (
    select
        organization_id,
        order_month_date,
        attribution_status,
        match_method,
        count(*) as orders
    from dated
    group by organization_id, order_month_date, attribution_status, match_method
),

mixed as (
    select
        *,
        cast(orders as double)
        / sum(orders) over (partition by organization_id, order_month_date) as share_of_orders,
        -- of the orders that took part in matching, those that matched somebody, whatever became of them
        cast(sum(case when match_method <> '' then orders else 0 end) over (
            partition by organization_id, order_month_date
        ) as double)
        / nullif(sum(case when attribution_status <> 'excluded' then orders else 0 end) over (
            partition by organization_id, order_month_date
        ), 0) as match_rate
    from counted
)

select * from mixed
