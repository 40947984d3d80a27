-- One row per change of a list that a campaign names as its audience: somebody entered it or left it.
with
changes as (select * from {{ source('raw_ometria', 'list_changes') }}),

renamed as (
    select
        organization_id,
        audience_id,
        profile_id,
        object_id as change_id,
        lower({{ json_text('payload', '$.event') }}) as event,
        changed_at as occurred_at,
        loaded_at
    from changes
)

select * from renamed
