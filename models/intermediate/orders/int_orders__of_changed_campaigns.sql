-- One row per order and reach that a changed campaign touches: those with a candidate of it, as the last build left
-- them, and those that redeemed a code which is the campaign's now. Empty outside ticks.
with
changed_campaigns as (
    select
        organization_id,
        item_id as campaign_id
    from {{ ref('int_build__changed_settings') }}
    where kind = 'campaign'
),

recipients as (select * from {{ ref('int_recipients__keyed') }}),

codes as (
    select
        listed.organization_id,
        listed.code_key
    from {{ ref('int_campaign_listed_codes') }} as listed
    inner join changed_campaigns
        on listed.organization_id = changed_campaigns.organization_id
        and listed.campaign_id = changed_campaigns.campaign_id
    union
    select
        recipients.organization_id,
        recipients.code_key
    from recipients
    inner join changed_campaigns
        on recipients.organization_id = changed_campaigns.organization_id
        and recipients.campaign_id = changed_campaigns.campaign_id
    where recipients.code_key is not null
    group by recipients.organization_id, recipients.campaign_id, recipients.code_key
    having count(*) > 1
),

redeemed as (select * from {{ ref('int_redeemed_codes') }}),

touched as (
    select
        redeemed.organization_id,
        redeemed.order_id,
        true as is_to_match
    from redeemed
    inner join codes
        on redeemed.organization_id = codes.organization_id
        and redeemed.code_key = codes.code_key
    {% if is_tick() %}
    union
    select
        candidates.organization_id,
        candidates.order_id,
        candidates.match_method = 'discount_code' as is_to_match
    from {{ as_built('int_match_candidates__ranked') }} as candidates
    inner join changed_campaigns
        on candidates.organization_id = changed_campaigns.organization_id
        and candidates.campaign_id = changed_campaigns.campaign_id
    {% endif %}
)

select
    organization_id,
    order_id,
    'campaign' as cause,
    is_to_match
from touched
where {{ only_in_ticks() }}
