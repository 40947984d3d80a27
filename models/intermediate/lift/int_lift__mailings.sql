-- One row per campaign: what was mailed and what that cost, and the orders in the outcome windows whose worth is
-- unknown.
with
campaigns as (select * from {{ ref('int_campaigns') }}),

pieces as (
    select
        organization_id,
        campaign_id,
        sum({{ sent_pieces() }}) as mailed_pieces
    from {{ ref('int_recipients__latest') }}
    group by organization_id, campaign_id
),

orders as (
    select
        organization_id,
        campaign_id,
        sum(orders - valued_orders) as other_currency_orders,
        sum(unknown_merchandise_orders) as unknown_merchandise_orders
    from {{ ref('int_lift__outcomes') }}
    where orders > 0
    group by organization_id, campaign_id
),

mailings as (
    select
        campaigns.organization_id,
        campaigns.campaign_id,
        campaigns.currency,
        cast(coalesce(pieces.mailed_pieces, 0) as bigint) as mailed_pieces,
        cast(coalesce(orders.other_currency_orders, 0) as bigint) as other_currency_orders,
        cast(coalesce(orders.unknown_merchandise_orders, 0) as bigint) as unknown_merchandise_orders,
        campaigns.gross_margin_rate,
        campaigns.piece_cost_amount,
        coalesce(pieces.mailed_pieces, 0) * cast(campaigns.piece_cost_amount as {{ total_type() }}) as mail_cost_amount,
        -- margin is known where that of every order is
        case
            when coalesce(orders.unknown_merchandise_orders, 0) = 0 then cast(campaigns.gross_margin_rate as double)
        end as usable_margin_rate
    from campaigns
    left join pieces
        on campaigns.organization_id = pieces.organization_id
        and campaigns.campaign_id = pieces.campaign_id
    left join orders
        on campaigns.organization_id = orders.organization_id
        and campaigns.campaign_id = orders.campaign_id
)

select * from mailings
