-- One row per campaign and address of its recipients in any arm and either reading, with the parts that the tiers
-- compare (a row for each reading of them) and how many have it. In a tick: those that the address of an order may
-- match.
with
recipients {{ inlined_but_in_ticks() }} (
    {{ in_scope(ref('int_recipients__near'), 'int_addresses__near_orders', ['address_id']) | indent(4) }}
),

latest {{ inlined() }} (
    select *
    from recipients
    where reading = 'latest' and address_identity is not null
),

restated as (
    select *
    from recipients
    where reading = 'as_assigned' and address_identity is not null
),

-- a recipient with one address in both readings counts once
used as (
    select
        organization_id,
        campaign_id,
        address_identity,
        address_id,
        1 as recipients
    from latest
    union all
    select
        restated.organization_id,
        restated.campaign_id,
        restated.address_identity,
        restated.address_id,
        case when latest.recipient_id is null then 1 else 0 end as recipients
    from restated
    left join latest
        on restated.organization_id = latest.organization_id
        and restated.campaign_id = latest.campaign_id
        and restated.recipient_id = latest.recipient_id
        and restated.address_identity = latest.address_identity
),

used_addresses as (
    select
        organization_id,
        campaign_id,
        address_identity,
        address_id,
        sum(recipients) as recipients
    from used
    group by organization_id, campaign_id, address_identity, address_id
),

counted as (
    select
        organization_id,
        campaign_id,
        address_identity,
        cast(sum(recipients) as bigint) as recipients
    from used_addresses
    group by organization_id, campaign_id, address_identity
),

spelt as (
    select distinct
        used_addresses.organization_id,
        used_addresses.campaign_id,
        {{ address_part_columns() }},
        counted.recipients
    from used_addresses
    inner join counted
        on used_addresses.organization_id = counted.organization_id
        and used_addresses.campaign_id = counted.campaign_id
        and used_addresses.address_identity = counted.address_identity
    inner join {{ ref('int_addresses__near') }} as addresses on used_addresses.address_id = addresses.address_id
)

select * from spelt
