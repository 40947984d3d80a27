-- One row per campaign and code that it lists.
{{ config(materialized='view') }}
with
parted as (
    select
        organization_id,
        campaign_id,
        launched_at,
        {{ split_rows(listed_codes('discount_codes'), '|') }} as code
    from {{ ref('int_campaigns') }}
),

listed as (
    select distinct
        organization_id,
        campaign_id,
        {{ code_key('code') }} as code_key,
        launched_at
    from parted
    where {{ code_key('code') }} is not null
)

select * from listed
