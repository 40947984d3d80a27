-- One row per recipient that anything is said of: the latest value of each column, and whether a file speaks of it.
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
    where is_current
),

merged as (
    select
        {% for column in recipient_columns() %}
        {{ latest_value(column) }} as {{ column }},
        {% endfor %}
        organization_id,
        campaign_id,
        recipient_id,
        bool_or(has_campaign) as has_campaign,
        bool_or(is_in_file) as is_in_file
    from statements
    group by organization_id, campaign_id, recipient_id
),

said as (
    select * from {{ ref('int_recipients__stated_once') }}
    union all
    select * from merged
),

typed as (
    select
        organization_id,
        campaign_id,
        recipient_id,
        {{ (profile_columns() + ['household_id', 'discount_code', 'segment']) | join(', ') }},
        cast(prior_revenue_amount as decimal(18, 4)) as prior_revenue_amount,
        cast(is_holdout as boolean) as is_holdout,
        has_campaign,
        is_in_file,
        cast(created_at as timestamp) as created_at,
        cast(sent_at as timestamp) as sent_at,
        cast(in_home_at as timestamp) as in_home_at
    from said
)

select
    *,
    {{ address_id() }} as address_id
from typed
