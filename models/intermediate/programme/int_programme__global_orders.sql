-- One row per household of the global draw that ordered since: what, to `as_of`. An order counts once, for the e-mail
-- before the address.
with
members as (select * from {{ ref('int_programme__members') }}),

orders as (select * from {{ ref('int_lift__countable_orders') }}),

identifiers as (select * from {{ ref('int_order_identifiers') }}),

organizations as (select * from {{ ref('int_organizations') }}),

matches as (
    {% for key in ['email_key', 'address_key'] %}
    select
        members.organization_id,
        members.household_key,
        identifiers.order_id,
        members.drawn_at,
        {{ loop.index }} as key_priority
    from members
    inner join identifiers
        on members.organization_id = identifiers.organization_id
        and members.key_value = identifiers.{{ key }}
    where members.key_type = '{{ key }}'
    {{ "union all" if not loop.last }}
    {% endfor %}
),

counted as (
    select
        matches.organization_id,
        matches.household_key,
        case when orders.currency = organizations.currency then orders.net_amount else 0 end as revenue
    from matches
    inner join orders
        on matches.organization_id = orders.organization_id
        and matches.order_id = orders.order_id
    inner join organizations on matches.organization_id = organizations.organization_id
    where orders.ordered_at >= matches.drawn_at and orders.ordered_at < {{ as_of() }}
    qualify
        row_number() over (
            partition by matches.organization_id, matches.order_id
            order by matches.key_priority, matches.household_key
        ) = 1
),

per_household as (
    select
        organization_id,
        household_key,
        1 as buyers,
        count(*) as orders,
        {{ total('revenue') }} as revenue
    from counted
    group by organization_id, household_key
)

select * from per_household
