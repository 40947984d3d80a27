-- Tier 5: one row per address of orders and address of a campaign that agree in city, number, unit and street name, and
-- whose postcodes are within two edits, or one of which has none.
{{ config(materialized='view') }}
with
organizations as (
    select *
    from {{ ref('int_organizations') }}
    where address_max_tier >= 5
),

orders as (select * from {{ ref('int_order_addresses') }}),

campaigns as (select * from {{ ref('int_campaign_addresses') }}),

blocks as (
    select
        {{ address_pair_columns() }}
    from orders
    inner join organizations on orders.organization_id = organizations.organization_id
    inner join campaigns
        on orders.organization_id = campaigns.organization_id
        and orders.address_country = campaigns.address_country
        and orders.address_city = campaigns.address_city
        and orders.address_number = campaigns.address_number
        and orders.address_unit = campaigns.address_unit
        and orders.address_street_core = campaigns.address_street_core
),

pairs as (
    select
        organization_id,
        order_address_reading,
        campaign_id,
        address_identity,
        5 as match_tier,
        {{ address_differences() }} as match_reason,
        recipients
    from blocks
    where {{ streets_agree() }}
        and (
            address_postcode is null
            or campaign_address_postcode is null
            or (
                address_postcode <> campaign_address_postcode
                and {{ edit_distance('address_postcode', 'campaign_address_postcode') }} <= 2
            )
        )
)

select * from pairs
