-- Tier 1: one row per address of orders and equal address of a campaign.
{{ config(materialized='view') }}
with
orders as (select * from {{ ref('int_order_addresses') }}),

-- a town that is spelt in many ways is many rows of one address
campaigns as (
    select distinct
        organization_id,
        campaign_id,
        address_identity,
        address_key,
        recipients
    from {{ ref('int_campaign_addresses') }}
    where address_key is not null
),

pairs as (
    select
        orders.organization_id,
        orders.address_reading as order_address_reading,
        campaigns.campaign_id,
        campaigns.address_identity,
        1 as match_tier,
        'full key equal' as match_reason,
        campaigns.recipients
    from orders
    inner join campaigns
        on orders.organization_id = campaigns.organization_id
        and orders.address_key = campaigns.address_key
)

select * from pairs
