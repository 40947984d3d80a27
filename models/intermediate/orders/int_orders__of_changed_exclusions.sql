-- One row per order that a changed exclusion touches: by its own e-mail, domain or address, or by a recipient who is a
-- candidate for it, as the last build left them. Empty outside ticks.
{% set excluded_recipients = ref('int_recipients__of_changed_exclusions') %}

with
exclusions as (
    select *
    from {{ ref('int_build__changed_parties') }}
    where kind = 'exclusion'
),

orders {{ inlined() }} (select * from {{ ref('int_order_identifiers') }}),

touched as (
    {% if is_tick() %}
    select
        candidates.organization_id,
        candidates.order_id
    from {{ as_built('int_match_candidates__ranked') }} as candidates
    inner join {{ excluded_recipients }} as recipients
        on candidates.organization_id = recipients.organization_id
        and candidates.campaign_id = recipients.campaign_id
        and candidates.recipient_id = recipients.recipient_id
    union
    {% endif %}
    {% for ours, theirs in {
        'written_email_key': 'email_key', 'email_domain': 'email_domain', 'address_key': 'address_key',
    }.items() %}
    select
        orders.organization_id,
        orders.order_id
    from orders
    inner join exclusions
        on orders.organization_id = exclusions.organization_id
        and orders.{{ ours }} = exclusions.{{ theirs }}
    {{ "union" if not loop.last }}
    {% endfor %}
)

select
    organization_id,
    order_id,
    'exclusion' as cause,
    false as is_to_match
from touched
where {{ only_in_ticks() }}
