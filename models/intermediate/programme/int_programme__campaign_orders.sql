-- One row per campaign, household and order that lift counts, in the organization's currency.
with
counted as (select * from {{ ref('int_lift__counted_orders') }}),

orders as (select * from {{ ref('int_lift__countable_orders') }}),

organizations as (select * from {{ ref('int_organizations') }}),

campaign_orders as (
    select
        counted.organization_id,
        counted.campaign_id,
        counted.household_key,
        counted.order_id,
        case when orders.currency = organizations.currency then orders.net_amount else 0 end as revenue_amount
    from counted
    inner join orders
        on counted.organization_id = orders.organization_id
        and counted.order_id = orders.order_id
    inner join organizations on counted.organization_id = organizations.organization_id
)

select * from campaign_orders
