-- One row per key, an e-mail or an address, that more recipients of a campaign share, of any arm, sent or not, than
-- `max_recipients_per_key` of a method allows, or than 1,000 where that is empty. In a tick: of the keys of its orders.
{% set keys = {'email_key': 'email', 'address_identity': 'address'} %}

with
recipients {{ inlined() }} (select * from {{ ref('int_recipients__matched') }}),

limits as (
    select
        {% for key, method in keys.items() %}
        {{ most_sharing(method) }} as {{ key }}_limit,
        {% endfor %}
        {{ most_sharing('holdout') }} as holdout_limit
    from {{ ref('match_methods') }}
),

counted as (
    {% for key in keys %}
    select
        organization_id,
        campaign_id,
        '{{ key }}' as key_name,
        {{ key }} as match_key,
        count(*) as recipients
    from recipients
    where {{ key }} is not null
    group by organization_id, campaign_id, {{ key }}
    having count(*) > (select least({{ key }}_limit, holdout_limit) from limits)
    {{ "union all" if not loop.last }}
    {% endfor %}
),

compared as (
    select
        counted.organization_id,
        counted.campaign_id,
        counted.key_name,
        counted.match_key,
        counted.recipients,
        counted.recipients > case counted.key_name
            {% for key in keys %}
            when '{{ key }}' then limits.{{ key }}_limit
            {% endfor %}
        end as is_crowded_for_mail,
        counted.recipients > limits.holdout_limit as is_crowded_for_holdout
    from counted
    cross join limits
)

select * from compared
