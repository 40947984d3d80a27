-- One row per key that too many recipients of a campaign share and time at which mail went to some of them: who cannot
-- be told apart is one.
with
recipients {{ inlined() }} (
    select *
    from {{ ref('int_recipients__matched') }}
    where not is_holdout and sent_at is not null
),

crowded as (
    select *
    from {{ ref('int_crowded_keys') }}
    where is_crowded_for_mail
),

crowds as (
    {% for key in ['email_key', 'address_identity'] %}
    select distinct
        recipients.organization_id,
        recipients.campaign_id,
        crowded.key_name,
        crowded.match_key,
        recipients.sent_at
    from recipients
    inner join crowded
        on crowded.key_name = '{{ key }}'
        and recipients.organization_id = crowded.organization_id
        and recipients.campaign_id = crowded.campaign_id
        and recipients.{{ key }} = crowded.match_key
    {{ "union all" if not loop.last }}
    {% endfor %}
)

select * from crowds
