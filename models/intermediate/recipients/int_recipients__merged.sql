-- One row per recipient that anything is said of: the latest value of each column, and whether a file speaks of it. One
-- with `is_held_back` takes part in nothing. Who was sent several pieces has all of them, and `sent_at` of the first.
{{ config(
    materialized='incremental',
    incremental_strategy='replace_scope',
    meta={'scope': 'int_recipients__to_read', 'keys': recipient_key()},
) }}
{{ after('int_recipients__to_read') }}
{% set fields = {
        'prior_revenue_amount': ['amount', 'said_prior_revenue_amount', none],
        'is_holdout': ['flag', 'said_is_holdout', 'decisive'],
        'created_at': ['time', 'said_created_at', 'decisive'],
        'sent_at': ['time', 'said_sent_at', 'decisive'],
        'in_home_at': ['time', 'said_in_home_at', none],
} %}

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
        bool_or(is_in_file) as is_in_file,
        max(loaded_at) as loaded_at
    from statements
    group by organization_id, campaign_id, recipient_id
),

unioned as (
    select * from {{ ref('int_recipients__stated_once') }}
    union all
    select * from merged
),

said as (
    select
        organization_id,
        campaign_id,
        recipient_id,
        {{ (profile_columns() + ['household_id', 'discount_code', 'segment', 'drop_id']) | join(', ') }},
        {% for column in fields %}
        {{ column }} as said_{{ column }},
        {% endfor %}
        has_campaign,
        is_in_file,
        loaded_at
    from unioned
),

typed as (
    {{ typed_rows('said', fields) | indent(4) }}
),

several as (select * from {{ ref('int_recipients__several_pieces') }}),

pieced as (
    select
        typed.*,
        several.pieces as several_pieces,
        several.first_sent_at
    from typed
    left join several
        on typed.organization_id = several.organization_id
        and typed.campaign_id = several.campaign_id
        and typed.recipient_id = several.recipient_id
),

judged as (
    select
        organization_id,
        campaign_id,
        recipient_id,
        {{ (profile_columns() + ['household_id', 'discount_code', 'segment', 'drop_id']) | join(', ') }},
        unreadable_fields,
        prior_revenue_amount,
        is_holdout,
        has_campaign,
        is_in_file,
        is_held_back,
        created_at,
        case when sent_at is not null then coalesce(first_sent_at, sent_at) end as sent_at,
        in_home_at,
        case when sent_at is not null then several_pieces end as pieces,
        loaded_at,
        {{ address_id() }} as address_id
    from pieced
)

select * from judged
