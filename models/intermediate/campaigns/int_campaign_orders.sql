-- One row per campaign and method, or `all`, with orders that pass the rules: what they add up to. Holdout
-- orders are no credit and so not part of `all`.
with
campaigns as (select * from {{ ref('int_campaigns') }}),

attributions as (
    select *
    from {{ ref('fct_order_attributions') }}
    where passes_rules
),

counted as (
    select
        *,
        match_method as counted_as
    from attributions
    union all
    select
        *,
        'all' as counted_as
    from attributions
    where not is_holdout
),

orders as (
    select
        counted.organization_id,
        counted.campaign_id,
        counted.counted_as,
        count(*) as orders,
        count(distinct counted.recipient_id) as buyers,
        count(case when counted.currency <> campaigns.currency then 1 end) as other_currency_orders,
        count(case when counted.net_amount < 0 and counted.total_amount >= 0 then 1 end) as over_refunded_orders,
        sum(case when counted.currency = campaigns.currency then counted.net_amount end) as revenue_amount,
        median(counted.days_since_window_start) as median_days_to_order
    from counted
    inner join campaigns
        on counted.organization_id = campaigns.organization_id
        and counted.campaign_id = campaigns.campaign_id
    group by counted.organization_id, counted.campaign_id, counted.counted_as
)

select * from orders
