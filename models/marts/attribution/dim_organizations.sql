-- One row per configured organization, and whether its verdicts are of now or the last it had.
with
organizations as (select * from {{ ref('int_organizations') }}),

held as (select * from {{ ref('stg_ops__held_organizations') }}),

marked as (
    select
        organizations.organization_id,
        organizations.name,
        organizations.status,
        organizations.provider,
        organizations.country,
        organizations.currency,
        organizations.timezone,
        case
            when held.organization_id is not null then 'held_back: ' || held.reason
            when not organizations.is_synced then 'not_synced'
        end as stale_reason,
        held.organization_id is not null or not organizations.is_synced as is_stale,
        held.held_since as stale_since
    from organizations
    left join held on organizations.organization_id = held.organization_id
)

select * from marked
