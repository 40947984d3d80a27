-- One row per order that a tick decides anew, with the first cause found: a change of the order, of a recipient who
-- shares a key with it, of its campaign, of a party, or of the settings. Those not `is_to_match` keep their
-- candidates, and only the verdict on them is made anew.
with
now as (
    {{ in_scope(ref('int_order_identifiers'), 'int_orders__to_key', order_key()) | indent(4) }}
),

had as (
    {% if is_tick() %}
    select * from {{ before(ref('int_order_identifiers')) }}
    {% else %}
    select * from now
    where false
    {% endif %}
),

changed_orders as (
    {% for one, other in [('now', 'had'), ('had', 'now')] %}
    select
        {{ one }}.organization_id,
        {{ one }}.order_id
    from {{ one }}
    left join {{ other }}
        on {{ one }}.organization_id = {{ other }}.organization_id
        and {{ one }}.order_id = {{ other }}.order_id
        and {{ one }}.order_hash = {{ other }}.order_hash
    where {{ other }}.order_id is null or {{ is_resumed() }}
    {{ "union" if not loop.last }}
    {% endfor %}
),

causes as (
    select
        organization_id,
        order_id,
        'order' as cause,
        1 as cause_order,
        true as is_to_match
    from changed_orders
    union all
    select
        organization_id,
        order_id,
        'recipient' as cause,
        2 as cause_order,
        true as is_to_match
    from {{ ref('int_orders__sharing_keys') }}
    {% for input in ['campaigns', 'exclusions', 'settings'] %}
    union all
    select
        organization_id,
        order_id,
        cause,
        3 as cause_order,
        is_to_match
    from {{ ref('int_orders__of_changed_' ~ input) }}
    {% endfor %}
),

to_decide as (
    select
        organization_id,
        order_id,
        min_by(cause, (cause_order, cause)) as cause,
        bool_or(is_to_match) as is_to_match
    from causes
    group by organization_id, order_id
)

select * from to_decide
where {{ only_in_ticks() }}
