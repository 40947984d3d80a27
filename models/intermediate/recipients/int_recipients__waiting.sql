-- One row per recipient of whom a file speaks and who takes part in nothing yet, with what is missing.
{{ config(
    materialized='incremental',
    incremental_strategy='replace_scope',
    meta={'scope': 'int_recipients__to_read', 'keys': recipient_key()},
) }}
{{ after('int_recipients__to_read') }}
with
campaigns as (select * from {{ ref('int_campaigns') }}),

organizations as (select * from {{ ref('int_organizations') }}),

taking_part as (
    {{ in_scope(ref('int_recipients__latest'), 'int_recipients__to_read', recipient_key()) | indent(4) }}
),

spoken_of as (
    select distinct
        organization_id,
        campaign_id,
        recipient_id
    from {{ ref('stg_files__recipients') }}
    where is_current
),

waiting as (
    select
        spoken_of.organization_id,
        spoken_of.campaign_id,
        spoken_of.recipient_id,
        case when campaigns.campaign_id is null then 'no_campaign' else 'no_arm' end as reason
    from spoken_of
    inner join organizations on spoken_of.organization_id = organizations.organization_id
    left join campaigns
        on spoken_of.organization_id = campaigns.organization_id
        and spoken_of.campaign_id = campaigns.campaign_id
    left join taking_part
        on spoken_of.organization_id = taking_part.organization_id
        and spoken_of.campaign_id = taking_part.campaign_id
        and spoken_of.recipient_id = taking_part.recipient_id
    where taking_part.recipient_id is null
)

select * from waiting
