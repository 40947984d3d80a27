-- One row per recipient as assigned who is, or whose e-mail, domain or address is, excluded.
with
identifiers as (
    select
        *,
        {{ email_domain('written_email_key') }} as email_domain
    from {{ ref('int_recipient_identifiers') }}
    where reading = 'as_assigned'
),

exclusions as (select * from {{ ref('int_exclusion_keys') }}),

excluded as (
    {% for key in ['email_key', 'email_domain', 'address_key', 'recipient_id'] %}
    select
        identifiers.organization_id,
        identifiers.campaign_id,
        identifiers.recipient_id
    from identifiers
    inner join exclusions
        on identifiers.organization_id = exclusions.organization_id
        and identifiers.{{ 'written_email_key' if key == 'email_key' else key }} = exclusions.{{ key }}
        {% if key == 'recipient_id' %}
        and (exclusions.campaign_id is null or identifiers.campaign_id = exclusions.campaign_id)
        {% endif %}
    {{ "union" if not loop.last }}
    {% endfor %}
)

select * from excluded
