-- One row per campaign and version of what the provider says of a member of its audience.
{{ config(materialized='view') }}
with
profiles as (select * from {{ ref('int_audience_profiles') }}),

campaigns as (select * from {{ ref('int_campaigns') }}),

statements as (
    select
        profiles.*,
        campaigns.campaign_id
    from profiles
    inner join campaigns
        on profiles.organization_id = campaigns.organization_id
        and profiles.audience_id = campaigns.audience_id
        and profiles.provider = campaigns.audience_provider
)

select * from statements
