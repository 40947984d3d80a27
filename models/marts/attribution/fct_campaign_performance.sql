-- One row per campaign and method, and one with `all` for the campaign's credited orders. The holdout's row
-- shows what people who were not mailed ordered; it is no credit and not part of `all`.
with
campaigns as (select * from {{ ref('int_campaigns') }}),

methods as (
    select match_method
    from {{ ref('match_methods') }}
    union all
    select 'all' as match_method
),

recipients as (select * from {{ ref('int_recipients__latest') }}),

orders as (select * from {{ ref('int_campaign_orders') }}),

mailed as (
    select
        organization_id,
        campaign_id,
        count(*) as recipients,
        sum({{ sent_pieces() }}) as pieces
    from recipients
    where not is_holdout and sent_at is not null
    group by organization_id, campaign_id
),

combined as (
    select
        campaigns.organization_id,
        campaigns.campaign_id,
        methods.match_method,
        campaigns.currency,
        coalesce(orders.orders, 0) as orders,
        coalesce(orders.other_currency_orders, 0) as other_currency_orders,
        coalesce(orders.over_refunded_orders, 0) as over_refunded_orders,
        coalesce(orders.buyers, 0) as buyers,
        coalesce(mailed.recipients, 0) as mailed_recipients,
        coalesce(mailed.pieces, 0) as mailed_pieces,
        coalesce(orders.revenue_amount, 0) as revenue_amount,
        cast(campaigns.piece_cost_amount as {{ total_type() }}) * coalesce(mailed.pieces, 0) as cost_amount,
        orders.median_days_to_order
    from campaigns
    cross join methods
    left join orders
        on campaigns.organization_id = orders.organization_id
        and campaigns.campaign_id = orders.campaign_id
        and methods.match_method = orders.counted_as
    left join mailed
        on campaigns.organization_id = mailed.organization_id
        and campaigns.campaign_id = mailed.campaign_id
),

performance as (
    select
        organization_id,
        campaign_id,
        match_method,
        currency,
        orders,
        other_currency_orders,
        over_refunded_orders,
        cast(revenue_amount as {{ total_type() }}) as revenue_amount,
        cast(revenue_amount / nullif(orders - other_currency_orders, 0) as decimal(18, 4)) as average_order_amount,
        cast(median_days_to_order as double) as median_days_to_order,
        cast(case when match_method = 'all' then mailed_recipients end as bigint) as mailed_recipients,
        cast(case when match_method = 'all' then mailed_pieces end as bigint) as mailed_pieces,
        cast(case when match_method = 'all' then buyers end as bigint) as buyers,
        cast(
            case when match_method = 'all' then buyers end as double
        ) / nullif(mailed_recipients, 0) as response_rate,
        cast(case when match_method = 'all' then cost_amount end as {{ total_type() }}) as cost_amount,
        cast(
            case when match_method = 'all' then revenue_amount end as double
        ) / nullif(cost_amount, 0) as roas,
        cast(
            case when match_method = 'all' then cost_amount end / nullif(orders, 0) as {{ total_type() }}
        ) as cost_per_order_amount
    from combined
)

select * from performance
