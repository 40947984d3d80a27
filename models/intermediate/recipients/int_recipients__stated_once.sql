-- One row per recipient about whom one row of one file says all: most of them. An empty text is nothing.
{{ config(materialized='view') }}
{{ after('int_recipients__to_read') }}
with
campaigns as (select * from {{ ref('int_campaigns') }}),

audience_campaigns as (select * from {{ ref('int_audience_campaigns') }}),

stated as (
    select
        {% for column in recipient_columns() %}
        nullif(statements.{{ column }}, '') as {{ column }},
        {% endfor %}
        statements.organization_id,
        statements.campaign_id,
        statements.recipient_id,
        campaigns.campaign_id is not null as has_campaign,
        true as is_in_file,
        statements.loaded_at
    from {{ ref('stg_files__recipients') }} as statements
    left join campaigns
        on statements.organization_id = campaigns.organization_id
        and statements.campaign_id = campaigns.campaign_id
    left join audience_campaigns
        on statements.organization_id = audience_campaigns.organization_id
        and statements.campaign_id = audience_campaigns.campaign_id
    where statements.is_alone and audience_campaigns.campaign_id is null
)

select * from stated
