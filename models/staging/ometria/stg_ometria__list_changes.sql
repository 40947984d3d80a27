-- One row per change of a list that a campaign names as its audience: somebody entered it or left it.
{% set fields = {
        'recipient_id': ['id', 'profile_id', 'required'],
        'event': ['status', json_text('payload', '$.event'), 'required'],
} %}

with
changes as (select * from {{ source('raw_ometria', 'list_changes') }}),

typed as (
    {{ typed_rows('changes', fields) | indent(4) }}
),

renamed as (
    select
        organization_id,
        audience_id,
        profile_id,
        object_id as change_id,
        payload_hash,
        lower(event) as event,
        unreadable_fields,
        is_held_back,
        changed_at as occurred_at,
        loaded_at
    from typed
)

select * from renamed
