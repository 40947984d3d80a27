-- One row per organization, side (orders or recipients), country and first step at which an address fails; the last
-- step, `usable`, is split by the tier at which the address step found somebody (orders only). How to read it: a large
-- share that fails is bought postage that can't be traced; what each tier adds is what `address_max_tier` decides.
with
addresses as (select * from {{ ref('int_addresses') }}),

matched as (
    select
        organization_id,
        order_id,
        min(match_tier) as match_tier
    from {{ ref('int_address_matches') }}
    where not is_ambiguous
    group by organization_id, order_id
),

ambiguous as (
    select distinct
        organization_id,
        order_id
    from {{ ref('int_address_matches') }}
    where is_ambiguous
),

written as (
    select
        orders.organization_id,
        'orders' as side,
        orders.address_id,
        case
            when matched.order_id is not null then 'matched at tier ' || matched.match_tier
            when ambiguous.order_id is not null then 'several addresses compete'
            else 'nobody mailed lives there'
        end as outcome
    from {{ ref('int_order_identifiers') }} as orders
    left join matched
        on orders.organization_id = matched.organization_id
        and orders.order_id = matched.order_id
    left join ambiguous
        on orders.organization_id = ambiguous.organization_id
        and orders.order_id = ambiguous.order_id

    union all

    select
        organization_id,
        'recipients' as side,
        address_id,
        cast(null as varchar) as outcome
    from {{ ref('int_recipient_identifiers') }}
    where reading = 'latest'
),

stepped as (
    select
        written.organization_id,
        written.side,
        coalesce(addresses.address_country, '') as country,
        case
            when written.address_id is null then '1 no street line'
            when addresses.address_number is null then '2 no house number'
            when addresses.address_street_core is null then '3 no street'
            when addresses.address_key is null then '4 no postcode'
            else '5 usable'
        end as step,
        case when {{ address_identity('addresses') }} is not null then written.outcome end as outcome
    from written
    left join addresses on written.address_id = addresses.address_id
)

select
    organization_id,
    side,
    country,
    step,
    outcome,
    count(*) as addresses,
    round(100 * count(*) / sum(count(*)) over (partition by organization_id, side), 2) as percent
from stepped
group by organization_id, side, country, step, outcome
order by organization_id, side, country, step, addresses desc
