-- One row per organization that the landing gate holds back, with the newest load that passed it.
with
gate as (select * from {{ source('ops', 'quality_gate') }}),

held as (
    select
        organization_id,
        reason,
        -- before the first load that passed nothing is released
        coalesce(released_through, cast('1970-01-01 00:00:00' as timestamp)) as released_through,
        held_since
    from gate
    where is_held
)

select * from held
