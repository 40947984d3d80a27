-- One row per recipient with a key that an order of this build has, as credit reads it: arm, keys, times, and whether
-- a key is shared by more recipients of the campaign, of any arm, sent or not, than `max_recipients_per_key` of the
-- method allows (false where the method has no limit). A key that no such order has is left uncounted.
{% set shared_keys = {'email_key': 'int_email_matches', 'address_identity': 'int_address_matches'} %}

with
recipients as (
    select *
    from {{ ref('int_recipients__keyed') }}
    where reading = 'latest'
),

limits as (
    select
        max(case when match_method = 'email' then max_recipients_per_key end) as email_limit,
        max(case when match_method = 'address' then max_recipients_per_key end) as address_limit,
        max(case when match_method = 'holdout' then max_recipients_per_key end) as holdout_limit
    from {{ ref('match_methods') }}
),

{% for key, matches in shared_keys.items() %}
matched_{{ key }} as (
    select distinct
        organization_id,
        campaign_id,
        {{ key }}
    from (
        {{ in_scope(ref(matches), 'int_orders__to_decide', order_key(), 'scope.is_to_match') | indent(8) }}
    ) as matches
),

per_{{ key }} as (
    select
        recipients.organization_id,
        recipients.campaign_id,
        recipients.{{ key }},
        count(*) as recipients
    from recipients
    inner join matched_{{ key }} as matched
        on recipients.organization_id = matched.organization_id
        and recipients.campaign_id = matched.campaign_id
        and recipients.{{ key }} = matched.{{ key }}
    group by recipients.organization_id, recipients.campaign_id, recipients.{{ key }}
),

{% endfor %}
counted as (
    select
        recipients.*,
        per_email_key.recipients as recipients_per_email_key,
        per_address_identity.recipients as recipients_per_address
    from recipients
    {% for key in shared_keys %}
    left join per_{{ key }}
        on recipients.organization_id = per_{{ key }}.organization_id
        and recipients.campaign_id = per_{{ key }}.campaign_id
        and recipients.{{ key }} = per_{{ key }}.{{ key }}
    {% endfor %}
    where per_email_key.recipients is not null or per_address_identity.recipients is not null
),

keyed as (
    select
        counted.organization_id,
        counted.campaign_id,
        counted.recipient_id,
        counted.email_key,
        counted.address_identity,
        counted.recipients_per_email_key,
        counted.recipients_per_address,
        counted.is_holdout,
        coalesce(
            counted.recipients_per_email_key
            > case when counted.is_holdout then limits.holdout_limit else limits.email_limit end, false
        ) as is_email_ambiguous,
        coalesce(
            counted.recipients_per_address
            > case when counted.is_holdout then limits.holdout_limit else limits.address_limit end, false
        ) as is_address_ambiguous,
        counted.created_at,
        counted.sent_at
    from counted
    cross join limits
)

select * from keyed
