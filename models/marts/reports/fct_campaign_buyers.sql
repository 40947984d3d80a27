-- One row per campaign and type of buyer with credited orders: who bought for the first time, and who came back.
with
orders as (
    select *
    from {{ ref('int_credited_orders') }}
    where not is_holdout
),

buyers as (
    select
        organization_id,
        campaign_id,
        buyer_type,
        currency,
        count(*) as orders,
        count(case when is_other_currency then 1 end) as other_currency_orders,
        coalesce({{ total('revenue_amount') }}, 0) as revenue_amount,
        cast(count(*) as double)
        / sum(count(*)) over (partition by organization_id, campaign_id) as share_of_orders
    from orders
    group by organization_id, campaign_id, buyer_type, currency
)

select * from buyers
