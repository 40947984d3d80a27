-- One row per recipient as assigned with the keys that lift may use: not those that more recipients of the campaign, of
-- any arm, share than `max_recipients_per_key` allows, or than 1,000 where that is empty.
{% set limits = {'email_key': 'email', 'address_identity': 'address'} %}

with
recipients as (
    select *
    from {{ ref('int_recipient_identifiers') }}
    where reading = 'as_assigned'
),

{% for key, method in limits.items() %}
crowded_{{ key }} as (
    select
        organization_id,
        campaign_id,
        {{ key }}
    from recipients
    where {{ key }} is not null
    group by organization_id, campaign_id, {{ key }}
    having count(*) > (
            select {{ most_sharing(method) }}
            from {{ ref('match_methods') }}
        )
),

{% endfor %}
usable as (
    select
        recipients.organization_id,
        recipients.campaign_id,
        recipients.recipient_id,
        {% for key in limits %}
        case when crowded_{{ key }}.campaign_id is null then recipients.{{ key }} end as {{ key }},
        {% endfor %}
        recipients.household_key,
        recipients.is_holdout,
        recipients.created_at
    from recipients
    {% for key in limits %}
    left join crowded_{{ key }}
        on recipients.organization_id = crowded_{{ key }}.organization_id
        and recipients.campaign_id = crowded_{{ key }}.campaign_id
        and recipients.{{ key }} = crowded_{{ key }}.{{ key }}
    {% endfor %}
)

select * from usable
