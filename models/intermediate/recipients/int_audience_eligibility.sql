-- One row per campaign and audience member who has no arm yet, and why the member must not be mailed (null when
-- he or she may be). Whoever must not be mailed is left out of both arms.
with
keyed as (select * from {{ ref('int_audience_identifiers') }}),

exclusions as (select * from {{ ref('int_exclusion_keys') }}),

subscriptions as (select * from {{ ref('int_subscriptions') }}),

barred as (
    {% for key in ['email_key', 'email_domain', 'address_key', 'recipient_id'] %}
    select
        keyed.organization_id,
        keyed.campaign_id,
        keyed.recipient_id,
        'excluded_party' as reason,
        1 as reason_order
    from keyed
    inner join exclusions
        on keyed.organization_id = exclusions.organization_id
        and keyed.{{ 'written_email_key' if key == 'email_key' else key }} = exclusions.{{ key }}
        {% if key == 'recipient_id' %}
        and (exclusions.campaign_id is null or keyed.campaign_id = exclusions.campaign_id)
        {% endif %}
    union all
    {% endfor %}
    {% for key in ['customer_id', 'email_key'] %}
    select
        keyed.organization_id,
        keyed.campaign_id,
        keyed.recipient_id,
        'active_subscription' as reason,
        2 as reason_order
    from keyed
    inner join subscriptions
        on keyed.organization_id = subscriptions.organization_id
        and keyed.{{ key }} = subscriptions.{{ key }}
        and subscriptions.started_at <= {{ as_of() }}
        and (subscriptions.ended_at is null or subscriptions.ended_at > {{ as_of() }})
    union all
    {% endfor %}
    select
        organization_id,
        campaign_id,
        recipient_id,
        'no_usable_address' as reason,
        3 as reason_order
    from keyed
    where address_key is null
),

first_bars as (
    select
        organization_id,
        campaign_id,
        recipient_id,
        min_by(reason, reason_order) as reason
    from barred
    group by organization_id, campaign_id, recipient_id
),

eligibility as (
    select
        keyed.organization_id,
        keyed.campaign_id,
        keyed.recipient_id,
        keyed.household_key,
        first_bars.reason
    from keyed
    left join first_bars
        on keyed.organization_id = first_bars.organization_id
        and keyed.campaign_id = first_bars.campaign_id
        and keyed.recipient_id = first_bars.recipient_id
)

select * from eligibility
