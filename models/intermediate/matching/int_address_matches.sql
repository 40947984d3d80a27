-- One row per order, campaign and matched recipient address: the lowest tier at which any recipient's address
-- matches the order's shipping address, decided over all recipients of the campaign, whatever their arm, status
-- or time, in either reading. Credit and lift join their recipients to this one table by `address_key`.
-- From tier 2 on a match counts only when `competing_addresses` is 1. Tier 1, equality of the key, is the only
-- tier so far; a further tier is a further member of `tiers`.
with
orders as (
    select
        organization_id,
        order_id,
        address_key
    from {{ ref('int_order_identifiers') }}
    where address_key is not null
),

campaign_addresses as (
    select distinct
        organization_id,
        campaign_id,
        address_key
    from {{ ref('int_recipient_identifiers') }}
    where address_key is not null
),

organizations as (select * from {{ ref('int_organizations') }}),

tiers as (
    select
        orders.organization_id,
        orders.order_id,
        campaign_addresses.campaign_id,
        campaign_addresses.address_key,
        1 as match_tier,
        'full key equal' as match_reason
    from orders
    inner join campaign_addresses
        on orders.organization_id = campaign_addresses.organization_id
        and orders.address_key = campaign_addresses.address_key
),

lowest as (
    select
        tiers.organization_id,
        tiers.order_id,
        tiers.campaign_id,
        tiers.address_key,
        tiers.match_tier,
        tiers.match_reason,
        count(*) over (
            partition by tiers.organization_id, tiers.order_id, tiers.campaign_id, tiers.match_tier
        ) as competing_addresses
    from tiers
    inner join organizations
        on tiers.organization_id = organizations.organization_id
        and tiers.match_tier <= organizations.address_max_tier
    qualify
        tiers.match_tier = min(tiers.match_tier) over (
            partition by tiers.organization_id, tiers.order_id, tiers.campaign_id
        )
)

select * from lowest
