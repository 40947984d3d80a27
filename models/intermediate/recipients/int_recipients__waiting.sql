-- One row per recipient of whom a file speaks and who takes part in nothing yet, with what is missing.
{{ config(materialized='view') }}
with
merged as (select * from {{ ref('int_recipients__merged') }}),

organizations as (select * from {{ ref('int_organizations') }}),

waiting as (
    select
        merged.organization_id,
        merged.campaign_id,
        merged.recipient_id,
        case when merged.has_campaign then 'no_arm' else 'no_campaign' end as reason
    from merged
    inner join organizations on merged.organization_id = organizations.organization_id
    where merged.is_in_file
        and merged.is_held_back is not true
        and (not merged.has_campaign or merged.is_holdout is null or merged.created_at is null)
)

select * from waiting
