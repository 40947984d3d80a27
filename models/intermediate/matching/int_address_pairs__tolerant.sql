-- Tiers 2 to 4: one row per address of orders and address of a campaign in one block whose streets agree but for a
-- part missing on one side (tier 2), whose names nearly agree (tier 3), or of which only one names a unit (tier 4).
-- What is itself a street of the campaign's recipients in that postcode is not another street with a part missing,
-- and its name is no slip for another name.
{{ config(materialized='view') }}
with
blocks as (
    select * from {{ ref('int_address_blocks__same_unit') }}
    union all
    select * from {{ ref('int_address_blocks__one_unit') }}
),

compared as (
    select
        *,
        address_street_core = campaign_address_street_core as is_same_name,
        address_street_core = campaign_address_street_core
        and address_street_type = campaign_address_street_type
        and address_predirectional = campaign_address_predirectional
        and address_postdirectional = campaign_address_postdirectional as is_same_street,
        {{ address_differences() }} as match_reason
    from blocks
    where {{ streets_agree() }}
        and (address_street_core = campaign_address_street_core or ({{ names_nearly_agree() }}))
),

known_streets as (
    select distinct
        compared.organization_id,
        compared.order_address_reading,
        compared.campaign_id,
        compared.address_identity
    from {{ ref('int_campaign_addresses') }} as campaigns
    inner join compared
        on campaigns.organization_id = compared.organization_id
        and campaigns.campaign_id = compared.campaign_id
        and campaigns.address_country = compared.address_country
        and campaigns.address_postcode = compared.address_postcode
        and campaigns.address_street_core = compared.address_street_core
    where not compared.is_same_name
        or (
            not compared.is_same_street
            and campaigns.address_street_type = compared.address_street_type
            and campaigns.address_predirectional = compared.address_predirectional
            and campaigns.address_postdirectional = compared.address_postdirectional
        )
),

pairs as (
    select
        compared.organization_id,
        compared.order_address_reading,
        compared.campaign_id,
        compared.address_identity,
        case
            when compared.address_unit <> compared.campaign_address_unit then 4
            when compared.is_same_name then 2
            else 3
        end as match_tier,
        compared.match_reason,
        compared.recipients
    from compared
    left join known_streets
        on compared.organization_id = known_streets.organization_id
        and compared.order_address_reading = known_streets.order_address_reading
        and compared.campaign_id = known_streets.campaign_id
        and compared.address_identity = known_streets.address_identity
    where known_streets.organization_id is null
)

select * from pairs
