-- One row per audience member whose arm matchback drew.
with
assignments as (select * from {{ source('ops', 'assignments') }}),

renamed as (
    select
        organization_id,
        campaign_id,
        recipient_id,
        household_key,
        holdout_share,
        arm = 'holdout' as is_holdout,
        assigned_at
    from assignments
)

select * from renamed
