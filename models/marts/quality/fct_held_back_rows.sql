-- One row per object and field of it that could not be read, as the object's latest version stands. Its next version
-- takes the row away. Holds no value.
with
objects as (select * from {{ ref('int_held_back__objects') }}),

organizations as (select * from {{ ref('int_organizations') }}),

last_loads as (
    select
        organization_id,
        source,
        max(started_at) as loaded_at
    from {{ source('ops', 'loads') }}
    group by organization_id, source
),

fields as (
    select
        organization_id,
        source,
        entity,
        id,
        is_held_back,
        loaded_at,
        {{ split_rows('unreadable_fields', '|') }} as unreadable
    from objects
),

held_back as (
    select
        fields.organization_id,
        fields.source,
        fields.entity,
        fields.id,
        ltrim(split_part(fields.unreadable, '=', 1), '!') as field,
        split_part(fields.unreadable, '=', 2) as problem,
        bool_or(fields.is_held_back) as is_held_back,
        min(fields.loaded_at) as first_seen_at,
        -- the inbox is everybody's
        max(greatest(
            fields.loaded_at, coalesce(own.loaded_at, fields.loaded_at), coalesce(inbox.loaded_at, fields.loaded_at)
        )) as last_seen_at
    from fields
    inner join organizations on fields.organization_id = organizations.organization_id
    left join last_loads as own
        on fields.organization_id = own.organization_id
        and fields.source = own.source
    left join last_loads as inbox
        on inbox.organization_id = '*'
        and fields.source = inbox.source
    group by fields.organization_id, fields.source, fields.entity, fields.id, field, problem
)

select * from held_back
