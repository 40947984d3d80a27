-- One row per campaign and code that is the campaign's, not one person's, and that an order redeemed which this build
-- matches: a code it lists, or one that several of its recipients carry. `carriers` counts the recipients of any arm
-- who carry it.
with
campaigns as (select * from {{ ref('int_campaigns') }}),

redeemed as (
    select distinct
        organization_id,
        code_key
    from {{ ref('int_order_discount_codes') }}
),

recipients as (select * from {{ ref('int_recipients__matched') }}),

listed as (
    select
        codes.organization_id,
        codes.campaign_id,
        codes.code_key
    from {{ ref('int_campaign_listed_codes') }} as codes
    inner join redeemed
        on codes.organization_id = redeemed.organization_id
        and codes.code_key = redeemed.code_key
),

carried as (
    select
        recipients.organization_id,
        recipients.campaign_id,
        recipients.code_key,
        count(*) as carriers
    from recipients
    inner join redeemed
        on recipients.organization_id = redeemed.organization_id
        and recipients.code_key = redeemed.code_key
    group by recipients.organization_id, recipients.campaign_id, recipients.code_key
),

codes as (
    select * from listed
    union
    select
        organization_id,
        campaign_id,
        code_key
    from carried
    where carriers > 1
),

counted as (
    select
        codes.organization_id,
        codes.campaign_id,
        codes.code_key,
        campaigns.launched_at,
        coalesce(carried.carriers, 0) as carriers
    from codes
    inner join campaigns
        on codes.organization_id = campaigns.organization_id
        and codes.campaign_id = campaigns.campaign_id
    left join carried
        on codes.organization_id = carried.organization_id
        and codes.campaign_id = carried.campaign_id
        and codes.code_key = carried.code_key
)

select * from counted
