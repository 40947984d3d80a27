-- One row per order, cause and reach that a change of settings, of a subscription or of a blackout period touches.
-- Empty outside ticks.
with
orders {{ inlined() }} (select * from {{ ref('int_order_identifiers') }}),

times as (select * from {{ ref('int_orders__unioned') }}),

settings as (select * from {{ ref('int_build__changed_settings') }}),

parties as (select * from {{ ref('int_build__changed_parties') }}),

touched as (
    {% for kind in ['match', 'judge'] %}
    select
        organization_id,
        order_id,
        'settings' as cause,
        {{ 'true' if kind == 'match' else 'false' }} as is_to_match
    from orders
    where organization_id in (
            select organization_id from settings
            where kind = '{{ kind }}'
        )
    union
    {% endfor %}
    {% for key in ['customer_id', 'email_key'] %}
    select
        orders.organization_id,
        orders.order_id,
        'subscription' as cause,
        true as is_to_match
    from orders
    inner join parties
        on orders.organization_id = parties.organization_id
        and orders.{{ key }} = parties.{{ key }}
    where parties.kind = 'subscription'
    union
    {% endfor %}
    select
        times.organization_id,
        times.order_id,
        'blackout_period' as cause,
        false as is_to_match
    from times
    inner join parties
        on times.organization_id = parties.organization_id
        and times.ordered_at >= parties.starts_at
        and times.ordered_at < parties.ends_at
    where parties.kind = 'blackout_period'
)

select * from touched
where {{ only_in_ticks() }}
