-- One row per recipient and set of keys that a tick must look at orders for: of a recipient of whom anything changed
-- the keys it had and those it has now, and of those held out who share one of them, all of theirs (a neighbour's
-- mail may have made them unclean). Empty outside ticks.
with
now as (
    {{ in_scope(ref('int_recipients__keyed'), 'int_recipients__to_key', recipient_key()) | indent(4) }}
),

had as (
    {% if is_tick() %}
    select * from {{ before(ref('int_recipients__keyed')) }}
    {% else %}
    select * from now
    where false
    {% endif %}
),

versions as (
    {% for one, other in [('now', 'had'), ('had', 'now')] %}
    select {{ one }}.*
    from {{ one }}
    left join {{ other }}
        on {{ one }}.organization_id = {{ other }}.organization_id
        and {{ one }}.campaign_id = {{ other }}.campaign_id
        and {{ one }}.recipient_id = {{ other }}.recipient_id
        and {{ one }}.reading = {{ other }}.reading
        and {{ one }}.recipient_hash = {{ other }}.recipient_hash
    where {{ other }}.recipient_id is null or {{ is_resumed() }}
    {{ "union all" if not loop.last }}
    {% endfor %}
),

sharing as (
    {% for key in ['email_canonical_key', 'address_identity'] %}
    select held_out.*
    from {{ ref('int_recipients__keyed') }} as held_out
    where held_out.is_holdout
        and held_out.reading = 'latest'
        and exists (
            select 1
            from versions
            where versions.organization_id = held_out.organization_id
                and versions.campaign_id = held_out.campaign_id
                and versions.{{ key }} = held_out.{{ key }}
        )
    union all
    {% endfor %}
    select * from versions
),

changed as (
    select distinct
        organization_id,
        campaign_id,
        recipient_id,
        email_key,
        email_canonical_key,
        address_id,
        code_key
    from sharing
    where {{ only_in_ticks() }}
)

select * from changed
