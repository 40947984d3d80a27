-- One row per campaign about whose recipients only files speak: it names no audience, and none of its arms was drawn
-- here.
{{ config(materialized='view') }}
with
campaigns as (select * from {{ ref('int_campaigns') }}),

draws as (select * from {{ ref('stg_ops__assignments') }}),

of_files as (
    select
        organization_id,
        campaign_id
    from campaigns
    where audience_id is null
        and not exists (
            select 1
            from draws
            where draws.organization_id = campaigns.organization_id
                and draws.campaign_id = campaigns.campaign_id
        )
)

select * from of_files
