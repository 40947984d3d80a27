-- One row per organization and customer with published orders: what mail is credited with of them. A customer is known
-- by one identifier, the first that the order has of e-mail, phone and the shop's own id: two would merge two people
-- for good where one of them is wrong. Amounts are in the organization's currency; orders in others are not summed. The
-- attributes are named as the tools have them.
{{ config(materialized='view') }}
with
orders as (
    select
        *,
        case when email is not null then 'email' when phone_number is not null then 'phone' else 'customer_id' end
            as identifier_type,
        coalesce(email, phone_number, customer_id) as identifier
    from {{ ref('int_orders__published') }}
    where is_negative is not true
),

attributions as (select * from {{ ref('fct_order_attributions') }}),

credited as (
    select
        orders.organization_id,
        orders.publish_to,
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
        identifier_type,
        identifier,
        {{ told_credit(last_credited('campaign_id')) }} as dm_last_campaign_id,
        {{ told_credit(last_credited('match_method')) }} as dm_last_match_method,
        count(case when is_credited then 1 end) as dm_credited_orders,
        coalesce({{ total('case when is_credited then net_amount end') }}, 0) as dm_credited_amount,
        max(case when is_credited then ordered_at end) as dm_last_credited_at
    from credited
    group by organization_id, publish_to, identifier_type, identifier
)

select * from customers
