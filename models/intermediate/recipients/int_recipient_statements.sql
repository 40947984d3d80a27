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

from_klaviyo as (
    select
        members.organization_id,
        campaigns.campaign_id,
        members.recipient_id,
        {% for column in recipient_columns() %}
        {{ 'members.' ~ column if column in profile_columns() else 'cast(null as varchar)' }} as {{ column }},
        {% endfor %}
        'klaviyo/' || members.payload_hash as source_key,
        0 as file_read,
        0 as row_number,
        true as is_current,
        members.said_at
    from {{ ref('stg_klaviyo__audience_members') }} as members
    inner join campaigns
        on members.organization_id = campaigns.organization_id
        and members.audience_id = campaigns.audience_id
        and campaigns.audience_provider = 'klaviyo'
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
    select * from from_klaviyo
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
