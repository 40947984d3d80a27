-- One row per statement about a recipient of a known campaign about whom more than one row of one file speaks: by a
-- file, by the provider whose list or segment is the campaign's audience, or by matchback's own draw. Values are text;
-- null says nothing. In a tick: about those that it reads.
{{ after('int_recipients__to_read') }}
with
campaigns as (select * from {{ ref('int_campaigns') }}),

file_campaigns as (select * from {{ ref('int_file_campaigns') }}),

from_files as (
    select
        statements.organization_id,
        statements.campaign_id,
        statements.recipient_id,
        {% for column in recipient_columns() %}
        statements.{{ column }},
        {% endfor %}
        statements.file_name as source_key,
        statements.file_read,
        statements.row_number,
        statements.is_current,
        statements.said_at
    from {{ ref('stg_files__recipients') }} as statements
    left join file_campaigns
        on statements.organization_id = file_campaigns.organization_id
        and statements.campaign_id = file_campaigns.campaign_id
    where file_campaigns.campaign_id is null or not coalesce(statements.is_alone, false)
),

from_audiences as (
    select
        organization_id,
        campaign_id,
        recipient_id,
        {% for column in recipient_columns() %}
        {{ column if column in profile_columns() else 'cast(null as varchar) as ' ~ column }},
        {% endfor %}
        provider || '/' || payload_hash as source_key,
        0 as file_read,
        0 as row_number,
        true as is_current,
        said_at
    from (
        {{ in_scope(ref('int_audience_statements'), 'int_recipients__to_read', recipient_key()) | indent(8) }}
    ) as statements
),

from_draws as (
    select
        organization_id,
        campaign_id,
        recipient_id,
        {% for column in recipient_columns() %}
        {% if column == 'household_id' %}
        household_key
        {% elif column == 'is_holdout' %}
        cast(is_holdout as varchar)
        {% elif column == 'created_at' %}
        cast(assigned_at as varchar)
        {% else %}
        cast(null as varchar)
        {% endif %} as {{ column }},
        {% endfor %}
        'ops.assignments' as source_key,
        0 as file_read,
        0 as row_number,
        true as is_current,
        assigned_at as said_at
    from (
        {{ in_scope(ref('stg_ops__assignments'), 'int_recipients__to_read', recipient_key()) | indent(8) }}
    ) as draws
),

unioned as (
    select * from from_files
    union all
    select * from from_audiences
    union all
    select * from from_draws
),

ordered as (
    select
        unioned.*,
        row_number() over (
            partition by unioned.organization_id, unioned.campaign_id, unioned.recipient_id
            order by unioned.said_at, unioned.source_key, unioned.file_read, unioned.row_number
        ) as statement_order
    from unioned
    inner join campaigns
        on unioned.organization_id = campaigns.organization_id
        and unioned.campaign_id = campaigns.campaign_id
)

select * from ordered
