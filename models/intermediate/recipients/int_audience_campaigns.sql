-- One row per campaign about whose recipients not only files speak: it names an audience, or its arms were drawn here.
{{ config(materialized='view') }}
with
of_audiences as (
    select
        organization_id,
        campaign_id
    from {{ ref('int_campaigns') }}
    where audience_id is not null
    union
    select
        organization_id,
        campaign_id
    from {{ ref('stg_ops__assignments') }}
)

select * from of_audiences
