-- One row per file of the inbox that was ever read, as of its last reading.
with
readings as (select * from {{ source('raw_files', 'files') }}),

latest as (
    select
        file_name,
        entity,
        content_hash,
        file_read,
        row_count,
        organizations_left_out,
        file_modified_at,
        loaded_at
    from readings
    qualify row_number() over (partition by file_name order by file_read desc, loaded_at desc) = 1
)

select * from latest
