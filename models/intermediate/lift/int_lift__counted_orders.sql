-- One row per campaign and order that lift counts, with the arm and the key it was found by.
{{ config(materialized='view') }}
with
orders as (
    select *
    from {{ ref('int_lift__window_orders') }}
    where period = 'lift'
),

recipients as (select * from {{ ref('int_lift__outcomes') }}),

counted as (
    select
        orders.organization_id,
        orders.campaign_id,
        orders.recipient_id,
        orders.order_id,
        case when orders.is_email_match then 'email' else 'address' end as match_key,
        orders.revenue_amount,
        recipients.is_holdout
    from orders
    inner join recipients
        on orders.organization_id = recipients.organization_id
        and orders.campaign_id = recipients.campaign_id
        and orders.recipient_id = recipients.recipient_id
)

select * from counted
