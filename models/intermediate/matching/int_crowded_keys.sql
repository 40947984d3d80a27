-- One row per key, an e-mail or an address, that more recipients of a campaign share, of any arm, sent or not, than
-- `max_recipients_per_key` of a method allows (one without a limit allows any number). In a tick: of the keys that its
-- orders match.
{% set keys = {'email_key': 'email', 'address_identity': 'address'} %}

with
recipients {{ inlined() }} (select * from {{ ref('int_recipients__matched') }}),

limits as (
    select
        {% for key, method in keys.items() %}
        max(case when match_method = '{{ method }}' then max_recipients_per_key end) as {{ key }}_limit,
        {% endfor %}
        max(case when match_method = 'holdout' then max_recipients_per_key end) as holdout_limit
    from {{ ref('match_methods') }}
),

counted as (
    {% for key in keys %}
    select
        recipients.organization_id,
        recipients.campaign_id,
        '{{ key }}' as key_name,
        recipients.{{ key }} as match_key,
        limits.{{ key }}_limit as mail_limit,
        limits.holdout_limit,
        count(*) as recipients
    from recipients
    inner join limits on limits.{{ key }}_limit is not null or limits.holdout_limit is not null
    where recipients.{{ key }} is not null
    group by
        recipients.organization_id, recipients.campaign_id, recipients.{{ key }}, limits.{{ key }}_limit,
        limits.holdout_limit
    {{ "union all" if not loop.last }}
    {% endfor %}
),

compared as (
    select
        organization_id,
        campaign_id,
        key_name,
        match_key,
        recipients,
        coalesce(recipients > mail_limit, false) as is_crowded_for_mail,
        coalesce(recipients > holdout_limit, false) as is_crowded_for_holdout
    from counted
)

select * from compared
where is_crowded_for_mail or is_crowded_for_holdout
