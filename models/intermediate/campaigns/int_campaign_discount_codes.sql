-- One row per campaign and code that is the campaign's, not one person's: a code it lists, or one that
-- several of its recipients carry. `carriers` counts the recipients of any arm who carry it.
with
campaigns as (select * from {{ ref('int_campaigns') }}),

recipients as (select * from {{ ref('int_recipients__latest') }}),

listed as (
    select
        organization_id,
        campaign_id,
        {{ split_rows('discount_codes', '|') }} as code
    from campaigns
),

carried as (
    select
        organization_id,
        campaign_id,
        {{ code_key('discount_code') }} as code_key,
        count(*) as carriers
    from recipients
    where {{ code_key('discount_code') }} is not null
    group by organization_id, campaign_id, {{ code_key('discount_code') }}
),

codes as (
    select
        organization_id,
        campaign_id,
        {{ code_key('code') }} as code_key
    from listed
    where {{ code_key('code') }} is not null
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
