-- One row per exclusion, subscription or blackout period that is new, gone or another than when the last build ended;
-- of a changed one both what it was and what it is. Empty outside ticks.
with
now as (select distinct * from {{ ref('int_build__parties') }}),

built as (select distinct * from {{ source('ops', 'built_parties') }}),

changed as (
    (
        select * from now
        except
        select * from built
    )
    union all
    (
        select * from built
        except
        select * from now
    )
)

select * from changed
where {{ only_in_ticks() }}
