-- One row per recipient about whom more than one row of one file speaks, as lift reads it: the earliest value that was
-- not empty, because later corrections come from the mail house and so for the mailed arm only. The two street lines
-- are taken from one statement: a line 2 that belongs to a corrected address must not join the line 1 of the first.
{{ config(
    materialized='incremental',
    incremental_strategy='replace_scope',
    meta={'scope': 'int_recipients__to_read', 'keys': recipient_key()},
) }}
{{ after('int_recipients__to_read') }}
with
statements as (
    select *
    from {{ ref('int_recipient_statements') }}
    where has_campaign
),

stated as (
    select
        organization_id,
        campaign_id,
        recipient_id,
        {{ earliest_value('email') }} as email,
        {% for line in ['address1', 'address2'] %}
        nullif(
            min_by(coalesce({{ line }}, ''), statement_order) filter (where address1 <> '' or address2 <> ''), ''
        ) as {{ line }},
        {% endfor %}
        {% for column in ['city', 'region', 'postal_code', 'country', 'household_id', 'segment'] %}
        {{ earliest_value(column) }} as {{ column }},
        {% endfor %}
        {{ earliest_value('prior_revenue_amount') }} as said_prior_revenue_amount,
        {{ earliest_value('is_holdout') }} as said_is_holdout,
        {{ earliest_value('created_at') }} as said_created_at
    from statements
    group by organization_id, campaign_id, recipient_id
),

merged as (
    select
        {{ (recipient_key() + ['email'] + address_parts()) | join(', ') }},
        household_id,
        segment,
        {{ amount('said_prior_revenue_amount') }} as prior_revenue_amount,
        {{ flag('said_is_holdout') }} as is_holdout,
        {{ utc_time('said_created_at') }} as created_at
    from stated
)

select
    *,
    {{ address_id() }} as address_id
from merged
where is_holdout is not null and created_at is not null
