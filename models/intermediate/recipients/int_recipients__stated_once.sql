-- One row per recipient about whom one row of one file says all: most of them. An empty text is nothing.
{{ config(materialized='view') }}
{{ after('int_recipients__to_read') }}
with
campaigns as (select * from {{ ref('int_file_campaigns') }}),

stated as (
    select
        {% for column in recipient_columns() %}
        nullif(statements.{{ column }}, '') as {{ column }},
        {% endfor %}
        statements.organization_id,
        statements.campaign_id,
        statements.recipient_id
    from {{ ref('stg_files__recipients') }} as statements
    inner join campaigns
        on statements.organization_id = campaigns.organization_id
        and statements.campaign_id = campaigns.campaign_id
    where statements.is_alone
)

select * from stated
