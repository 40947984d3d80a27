-- One row per recipient as assigned and thing that is amiss with him or her: no e-mail or address key, excluded, a
-- column that says something else today than at assignment, mailed though held out, withdrawn since.
{% set told = ['organization_id', 'campaign_id', 'recipient_id', 'household_key', 'is_holdout'] | join(', ') %}
with
identifiers as (
    select *
    from {{ ref('int_recipient_identifiers') }}
    where reading = 'as_assigned'
),

recipients as (select * from {{ ref('int_recipients__as_assigned') }}),

excluded as (select * from {{ ref('int_lift__excluded_recipients') }}),

changed as (select * from {{ ref('int_lift__changed_recipients') }}),

mailed as (
    select *
    from {{ ref('int_recipients__latest') }}
    where sent_at is not null
),

mailed_anyway as (
    select identifiers.*
    from identifiers
    inner join mailed
        on identifiers.organization_id = mailed.organization_id
        and identifiers.campaign_id = mailed.campaign_id
        and identifiers.recipient_id = mailed.recipient_id
    where identifiers.is_holdout
),

withdrawn as (
    select identifiers.*
    from identifiers
    inner join recipients
        on identifiers.organization_id = recipients.organization_id
        and identifiers.campaign_id = recipients.campaign_id
        and identifiers.recipient_id = recipients.recipient_id
    where recipients.is_withdrawn
),

flags as (
    {% for column in changeable_columns() %}
    select
        {{ told }},
        'changed_{{ column }}' as flag
    from changed
    where has_changed_{{ column }}
    union all
    {% endfor %}
    {% for key in ['email_key', 'address_key'] %}
    select
        {{ told }},
        'without_{{ key }}' as flag
    from identifiers
    where {{ key }} is null
    union all
    {% endfor %}
    select
        {{ told }},
        'excluded' as flag
    from excluded
    union all
    select
        {{ told }},
        'mailed_anyway' as flag
    from mailed_anyway
    union all
    select
        {{ told }},
        'withdrawn' as flag
    from withdrawn
)

select * from flags
