-- One row per statement of a file about a recipient about whom it is not the only one, or whose campaign has an
-- audience at a provider.
{{ config(materialized='view') }}
with
audience_campaigns as (select * from {{ ref('int_audience_campaigns') }}),

file_statements as (
    select *
    from {{ ref('stg_files__recipients') }}
    where not coalesce(is_alone, false)
    union all
    select statements.*
    from {{ ref('stg_files__recipients') }} as statements
    inner join audience_campaigns
        on statements.organization_id = audience_campaigns.organization_id
        and statements.campaign_id = audience_campaigns.campaign_id
    where statements.is_alone
),

from_files as (
    select
        organization_id,
        campaign_id,
        recipient_id,
        {% for column in recipient_columns() %}
        {{ column }},
        {% endfor %}
        file_name as source_key,
        file_read,
        row_number,
        is_current,
        true as is_in_file,
        said_at,
        loaded_at
    from file_statements
)

select * from from_files
