-- One row per step and organization, or campaign, whose settings are others than when the last complete build ended, or
-- were in a build since that was cut off; those that are new or gone among them.
with
seen as (
    select
        'built' as build_id,
        kind,
        organization_id,
        item_id,
        fingerprint
    from {{ source('ops', 'built_settings') }}
    union all
    select
        'now' as build_id,
        kind,
        organization_id,
        item_id,
        fingerprint
    from {{ ref('int_build__settings') }}
    union all
    select * from {{ source('ops', 'seen_settings') }}
),

-- the two are there even if they had nothing
builds as (
    select build_id from seen
    union
    select 'built' as build_id
    union
    select 'now' as build_id
),

steady as (
    select
        kind,
        organization_id,
        item_id
    from seen
    group by kind, organization_id, item_id, fingerprint
    having count(distinct build_id) = (select count(*) from builds)
),

changed as (
    select distinct
        seen.kind,
        seen.organization_id,
        seen.item_id
    from seen
    left join steady
        on seen.kind = steady.kind
        and seen.organization_id = steady.organization_id
        and seen.item_id = steady.item_id
    where steady.kind is null
)

select * from changed
