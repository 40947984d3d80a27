-- One row per campaign, method, order date and day of the window with orders that pass the rules: when the response
-- came. Dates are the organization's. The rows of the method holdout are no credit.
with
orders as (select * from {{ ref('int_credited_orders') }}),

daily as (
    select
        organization_id,
        campaign_id,
        match_method,
        order_date,
        days_since_window_start,
        currency,
        count(*) as orders,
        count(case when is_other_currency then 1 end) as other_currency_orders,
        coalesce({{ total('revenue_amount') }}, 0) as revenue_amount
    from orders
    group by organization_id, campaign_id, match_method, order_date, days_since_window_start, currency
)

select * from daily
