-- One row per recipient as assigned and thing that is amiss with him or her: no e-mail or address key, excluded, a
-- column that says something else today than at assignment, mailed though held out.
{% set changed = ['email', 'address', 'household_id', 'segment', 'prior_revenue_amount', 'created_at', 'is_holdout'] %}
with
identifiers as (
    select *
    from {{ ref('int_recipient_identifiers') }}
    where reading = 'as_assigned'
),

excluded as (select * from {{ ref('int_lift__excluded_recipients') }}),

latest as (select * from {{ ref('int_recipients__latest') }}),

-- of all others both readings are one
restated as (select * from {{ ref('int_recipients__restated') }}),

compared as (
    select
        restated.organization_id,
        restated.campaign_id,
        restated.recipient_id,
        restated.is_holdout,
        {% for column in changed if column != 'address' %}
        coalesce(cast(latest.{{ column }} as varchar), '') <> coalesce(cast(restated.{{ column }} as varchar), '')
            as has_changed_{{ column }},
        {% endfor %}
        coalesce(cast(latest.address_id as varchar), '') <> coalesce(cast(restated.address_id as varchar), '')
            as has_changed_address
    from restated
    inner join latest
        on restated.organization_id = latest.organization_id
        and restated.campaign_id = latest.campaign_id
        and restated.recipient_id = latest.recipient_id
),

mailed as (
    select *
    from latest
    where sent_at is not null
),

flags as (
    {% for flag, condition in {
        'without_email_key': 'email_key is null',
        'without_address_key': 'address_key is null',
    }.items() %}
    select
        organization_id,
        campaign_id,
        recipient_id,
        '{{ flag }}' as flag
    from identifiers
    where {{ condition }}
    union all
    {% endfor %}
    select
        organization_id,
        campaign_id,
        recipient_id,
        'excluded' as flag
    from excluded
    union all
    {% for column in changed %}
    select
        organization_id,
        campaign_id,
        recipient_id,
        'changed_{{ column }}' as flag
    from compared
    where has_changed_{{ column }}
    union all
    {% endfor %}
    select
        identifiers.organization_id,
        identifiers.campaign_id,
        identifiers.recipient_id,
        'mailed_anyway' as flag
    from identifiers
    inner join mailed
        on identifiers.organization_id = mailed.organization_id
        and identifiers.campaign_id = mailed.campaign_id
        and identifiers.recipient_id = mailed.recipient_id
    where identifiers.is_holdout
)

select * from flags
