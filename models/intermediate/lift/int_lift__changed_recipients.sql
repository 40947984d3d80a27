-- One row per recipient of whom a column may say something else today than at assignment, with which do. Of all others
-- both readings are one.
{{ config(materialized='view') }}
{% set columns = changeable_columns() %}
with
restated as (select * from {{ ref('int_recipients__restated') }}),

identifiers as (
    select *
    from {{ ref('int_recipient_identifiers') }}
    where reading = 'as_assigned'
),

latest as (select * from {{ ref('int_recipients__latest') }}),

compared as (
    select
        {% for column in columns %}
        {% set source = 'address_id' if column == 'address' else column %}
        coalesce(cast(latest.{{ source }} as varchar), '') <> coalesce(cast(restated.{{ source }} as varchar), '')
            as has_changed_{{ column }},
        {% endfor %}
        restated.organization_id,
        restated.campaign_id,
        restated.recipient_id,
        identifiers.household_key,
        identifiers.is_holdout
    from restated
    inner join identifiers
        on restated.organization_id = identifiers.organization_id
        and restated.campaign_id = identifiers.campaign_id
        and restated.recipient_id = identifiers.recipient_id
    inner join latest
        on restated.organization_id = latest.organization_id
        and restated.campaign_id = latest.campaign_id
        and restated.recipient_id = latest.recipient_id
)

select * from compared
