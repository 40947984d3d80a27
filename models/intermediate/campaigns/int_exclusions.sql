-- One row per exclusion: a party that must neither be credited nor mailed. Keys as the matching uses them.
with
statements as (
    select
        *,
        {{ statement_order(['organization_id', 'exclusion_id']) }} as statement_order
    from {{ ref('stg_files__exclusions') }}
    where is_current
),

merged as (
    select
        organization_id,
        exclusion_id,
        {{ latest_value('email') }} as email,
        {{ latest_value('email_domain') }} as email_domain,
        {% for part in address_parts() %}
        {{ latest_value(part) }} as {{ part }},
        {% endfor %}
        {{ latest_value('campaign_id') }} as campaign_id,
        {{ latest_value('recipient_id') }} as recipient_id
    from statements
    group by organization_id, exclusion_id
),

keyed as (
    select
        organization_id,
        exclusion_id,
        {{ email_key('email') }} as email_key,
        {{ domain_key('email_domain') }} as email_domain,
        {{ address_id() }} as address_id,
        campaign_id,
        recipient_id,
        {{ address_parts() | join(', ') }}
    from merged
)

select * from keyed
