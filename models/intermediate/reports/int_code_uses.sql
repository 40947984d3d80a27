-- One row per order, campaign and code that it redeemed: the campaign's code (listed, or carried by several of its
-- recipients), or the own code of one of its recipients, and from when on the code was out.
with
redeemed as (
    select *
    from {{ ref('int_redeemed_codes') }}
    where not is_test
),

campaigns as (select * from {{ ref('int_campaigns') }}),

listed as (select * from {{ ref('int_campaign_listed_codes') }}),

carried as (
    select
        organization_id,
        campaign_id,
        code_key,
        count(*) as carriers,
        max(coalesce(sent_at, created_at)) as out_at
    from {{ ref('int_recipients__keyed') }}
    where reading = 'latest' and code_key is not null
    group by organization_id, campaign_id, code_key
),

-- the campaign's own code, and those that only its recipients carry
uses as (
    select
        redeemed.organization_id,
        redeemed.order_id,
        listed.campaign_id,
        redeemed.code_key,
        'campaign_code' as code_type,
        true as is_listed,
        redeemed.ordered_at,
        listed.launched_at as out_at
    from redeemed
    inner join listed
        on redeemed.organization_id = listed.organization_id
        and redeemed.code_key = listed.code_key
    union all
    select
        redeemed.organization_id,
        redeemed.order_id,
        carried.campaign_id,
        redeemed.code_key,
        case when carried.carriers > 1 then 'campaign_code' else 'recipient_code' end as code_type,
        false as is_listed,
        redeemed.ordered_at,
        case when carried.carriers > 1 then campaigns.launched_at else carried.out_at end as out_at
    from redeemed
    inner join carried
        on redeemed.organization_id = carried.organization_id
        and redeemed.code_key = carried.code_key
    inner join campaigns
        on carried.organization_id = campaigns.organization_id
        and carried.campaign_id = campaigns.campaign_id
    left join listed
        on carried.organization_id = listed.organization_id
        and carried.campaign_id = listed.campaign_id
        and carried.code_key = listed.code_key
    where listed.code_key is null
)

select * from uses
