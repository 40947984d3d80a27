-- One row per address of orders, campaign and matched address: those of the lowest tier at which any recipient's
-- address matches, decided over all recipients of the campaign, whatever their arm, status or time, in either reading.
-- From tier 2 on a match counts only where `competing_addresses` is 1.
with
compared as (
    {% for tiers in ['exact', 'tolerant', 'city'] %}
    select * from {{ ref('int_address_pairs__' ~ tiers) }}
    {{ "union all" if not loop.last }}
    {% endfor %}
),

-- a town spelt in two ways makes two rows of one pair
pairs as (
    select
        organization_id,
        order_address_reading,
        campaign_id,
        address_identity,
        match_tier,
        min(match_reason) as match_reason,
        max(recipients) as recipients
    from compared
    group by organization_id, order_address_reading, campaign_id, address_identity, match_tier
),

organizations as (select * from {{ ref('int_organizations') }}),

lowest as (
    select pairs.*
    from pairs
    inner join organizations
        on pairs.organization_id = organizations.organization_id
        and pairs.match_tier <= organizations.address_max_tier
    qualify
        pairs.match_tier = min(pairs.match_tier) over (
            partition by pairs.organization_id, pairs.order_address_reading, pairs.campaign_id
        )
),

competing as (
    select
        *,
        count(*) over of_campaign as competing_addresses,
        cast(sum(recipients) over of_campaign as bigint) as competing_recipients,
        min(address_identity) over of_campaign as first_address,
        max(address_identity) over of_campaign as last_address
    from lowest
    window of_campaign as (partition by organization_id, order_address_reading, campaign_id)
),

explained as (
    select
        organization_id,
        order_address_reading,
        campaign_id,
        address_identity,
        match_tier,
        match_reason
        || case
            when match_tier > 1 and competing_addresses > 1
                then ': ' || competing_addresses || ' addresses compete, ' || first_address
                    || case when competing_addresses > 2 then ' to ' else ' and ' end
                    || last_address
            else ''
        end as match_reason,
        competing_addresses,
        competing_recipients
    from competing
)

select * from explained
