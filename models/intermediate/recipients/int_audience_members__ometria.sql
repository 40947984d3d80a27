-- One row per member of a list and version of the member's profile; who has left the list again is none.
with
changes as (
    {{ released_rows(ref('stg_ometria__list_changes'), ref('stg_ops__held_organizations')) | indent(4) }}
),

profiles as (
    {{ released_rows(ref('stg_ometria__profiles'), ref('stg_ops__held_organizations')) | indent(4) }}
),

members as (
    select *
    from changes
    where is_held_back is not true
    qualify
        row_number() over (
            partition by organization_id, audience_id, profile_id
            order by occurred_at desc, change_id desc
        ) = 1
),

joined as (
    select
        members.organization_id,
        members.audience_id,
        members.profile_id as recipient_id,
        coalesce(profiles.payload_hash, members.change_id) as payload_hash,
        profiles.customer_id,
        profiles.email,
        profiles.first_name,
        profiles.last_name,
        cast(null as varchar) as company,
        cast(null as varchar) as address1,
        cast(null as varchar) as address2,
        cast(null as varchar) as city,
        cast(null as varchar) as region,
        cast(null as varchar) as postal_code,
        profiles.country,
        coalesce(profiles.is_held_back, false) as is_held_back,
        coalesce(profiles.updated_at, members.occurred_at) as said_at,
        greatest(members.loaded_at, coalesce(profiles.loaded_at, members.loaded_at)) as loaded_at
    from members
    left join profiles
        on members.organization_id = profiles.organization_id
        and members.profile_id = profiles.profile_id
    where members.event not like '%exit%' and members.event not like '%leave%'
)

select * from joined
