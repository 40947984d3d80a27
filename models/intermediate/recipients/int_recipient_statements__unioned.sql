-- One row per statement about a recipient about whom more than one row of one file speaks: by a file, by the provider
-- whose list or segment is the campaign's audience, or by matchback's own draw. Values are text; null says nothing. In
-- a tick: about those that it reads.
{{ config(materialized='view') }}
{{ after('int_recipients__to_read') }}
with
from_audiences as (
    select
        organization_id,
        campaign_id,
        recipient_id,
        {% for column in recipient_columns() %}
        {{ column if column in profile_columns() else 'cast(null as varchar) as ' ~ column }},
        {% endfor %}
        provider as source_key,
        0 as file_read,
        row_number() over (
            partition by organization_id, campaign_id, recipient_id
            order by loaded_at, payload_hash
        ) as row_number,
        true as is_current,
        false as is_in_file,
        said_at,
        loaded_at
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
        false as is_in_file,
        assigned_at as said_at,
        assigned_at as loaded_at
    from (
        {{ in_scope(ref('stg_ops__assignments'), 'int_recipients__to_read', recipient_key()) | indent(8) }}
    ) as draws
),

unioned as (
    select * from {{ ref('int_recipient_statements__files') }}
    union all
    select * from from_audiences
    union all
    select * from from_draws
)

select * from unioned
