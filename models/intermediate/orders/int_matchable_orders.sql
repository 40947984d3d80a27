-- One row per order that takes part in matching (neither a test nor the organization's own), with its keys. In a
-- tick: of those that it matches anew.
with
orders as (
    {{ in_scope(ref('int_orders__unioned'), 'int_orders__to_decide', order_key(), 'scope.is_to_match') | indent(4) }}
),

identifiers as (
    {{ in_scope(ref('int_order_identifiers'), 'int_orders__to_decide', order_key(), 'scope.is_to_match') | indent(4) }}
),

exclusions as (select * from {{ ref('int_order_exclusions') }}),

matchable as (
    select
        orders.organization_id,
        orders.order_id,
        identifiers.customer_id,
        identifiers.email_key,
        identifiers.address_key,
        orders.ordered_at
    from orders
    inner join identifiers
        on orders.organization_id = identifiers.organization_id
        and orders.order_id = identifiers.order_id
    left join exclusions
        on orders.organization_id = exclusions.organization_id
        and orders.order_id = exclusions.order_id
    where exclusions.order_id is null
)

select * from matchable
