-- One row per organization, source and setting that the models read.
with
settings as (select * from {{ source('ops', 'source_settings') }})

select * from settings
