-- One row per exclusion, subscription or blackout period that is new, gone or another than when the last complete build
-- ended, or was in a build since that was cut off; of a changed one every version. Empty outside ticks.
{% set columns = [
        'kind', 'organization_id', 'item_id', 'email_key', 'email_domain', 'address_id', 'address_key', 'customer_id',
        'campaign_id', 'recipient_id', 'starts_at', 'ends_at',
] %}

with
seen as (
    select
        'built' as build_id,
        {{ columns | join(', ') }}
    from {{ source('ops', 'built_parties') }}
    union
    select
        'now' as build_id,
        {{ columns | join(', ') }}
    from {{ ref('int_build__parties') }}
    union
    select * from {{ source('ops', 'seen_parties') }}
),

-- the two are there even if they had none, and the others left a row that says so
builds as (
    select build_id from seen
    union
    select 'built' as build_id
    union
    select 'now' as build_id
),

changed as (
    select {{ columns | join(', ') }}
    from seen
    where kind <> 'none'
    group by {{ columns | join(', ') }}
    having count(*) < (select count(*) from builds)
)

select * from changed
where {{ only_in_ticks() }}
