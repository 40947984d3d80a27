-- One row per campaign and order that lift counts, with the arm and the key it was found by.
{{ config(materialized='view') }}
with
orders as (
    select *
    from {{ ref('int_lift__window_orders') }}
    where period = 'lift'
),

counted as (
    select
        organization_id,
        campaign_id,
        recipient_id,
        order_id,
        household_key,
        case when is_email_match then 'email' else 'address' end as match_key,
        revenue_amount,
        is_holdout
    from orders
)

select * from counted
