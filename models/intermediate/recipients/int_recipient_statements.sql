-- One row per statement about a recipient of a known campaign: by a file, by the provider whose list or
-- segment is the campaign's audience, or by matchback's own draw. Values are text; null says nothing.
with
campaigns as (select * from {{ ref('int_campaigns') }}),

from_files as (
    select
        organization_id,
        campaign_id,
        recipient_id,
        {{ recipient_columns() | join(', ') }},
        file_name as source_key,
        file_read,
        row_number,
        is_current,
        said_at
    from {{ ref('stg_files__recipients') }}
),

from_audiences as (
    select
        profiles.organization_id,
        campaigns.campaign_id,
        profiles.recipient_id,
        {% for column in recipient_columns() %}
        {{ 'profiles.' ~ column if column in profile_columns() else 'cast(null as varchar)' }} as {{ column }},
        {% endfor %}
        profiles.provider || '/' || profiles.payload_hash as source_key,
        0 as file_read,
        0 as row_number,
        true as is_current,
        profiles.said_at
    from {{ ref('int_audience_profiles') }} as profiles
    inner join campaigns
        on profiles.organization_id = campaigns.organization_id
        and profiles.audience_id = campaigns.audience_id
        and profiles.provider = campaigns.audience_provider
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
    from {{ ref('stg_ops__assignments') }}
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
