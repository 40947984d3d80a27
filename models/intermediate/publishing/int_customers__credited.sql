-- One row per organization and customer with published orders: what mail is credited with of them. A customer is known
-- by one identifier, the first that the order has of e-mail, phone and the shop's own id: two would merge two people
-- for good where one of them is wrong. Amounts are in the organization's currency; orders in others are not summed.
{{ config(materialized='view') }}
with
orders as (
    select
        *,
        case when email is not null then 'email' when phone_number is not null then 'phone' else 'customer_id' end
            as identifier_type,
        coalesce(email, phone_number, customer_id) as identifier
    from {{ ref('int_orders__published') }}
),

attributions as (select * from {{ ref('fct_order_attributions') }}),

credited as (
    select
        orders.organization_id,
        orders.publish_to,
        orders.organization_currency,
        orders.identifier_type,
        orders.identifier,
        orders.order_id,
        attributions.attribution_status = 'attributed' as is_credited,
        attributions.campaign_id,
        attributions.match_method,
        attributions.ordered_at,
        case when orders.currency = orders.organization_currency then attributions.net_amount end as net_amount
    from orders
    left join attributions
        on orders.organization_id = attributions.organization_id
        and orders.order_id = attributions.order_id
),

customers as (
    select
        organization_id,
        publish_to,
        organization_currency,
        identifier_type,
        identifier,
        count(case when is_credited then 1 end) as credited_orders,
        coalesce(sum(case when is_credited then net_amount end), 0) as credited_amount,
        max(case when is_credited then ordered_at end) as last_credited_at,
        {{ last_credited('campaign_id') }} as last_campaign_id,
        {{ last_credited('match_method') }} as last_match_method
    from credited
    group by organization_id, publish_to, organization_currency, identifier_type, identifier
)

select * from customers
