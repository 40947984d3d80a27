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

competitions as (
    select
        organization_id,
        order_address_reading,
        campaign_id,
        count(*) as competing_addresses,
        cast(sum(recipients) as bigint) as competing_recipients,
        min(address_identity) as first_address,
        max(address_identity) as last_address
    from lowest
    group by organization_id, order_address_reading, campaign_id
),

explained as (
    select
        lowest.organization_id,
        lowest.order_address_reading,
        lowest.campaign_id,
        lowest.address_identity,
        lowest.match_tier,
        lowest.match_reason
        || case
            when lowest.match_tier > 1 and competitions.competing_addresses > 1
                then ': ' || competitions.competing_addresses || ' addresses compete, ' || competitions.first_address
                    || case when competitions.competing_addresses > 2 then ' to ' else ' and ' end
                    || competitions.last_address
            else ''
        end as match_reason,
        competitions.competing_addresses,
        competitions.competing_recipients
    from lowest
    inner join competitions
        on lowest.organization_id = competitions.organization_id
        and lowest.order_address_reading = competitions.order_address_reading
        and lowest.campaign_id = competitions.campaign_id
)

select * from explained
