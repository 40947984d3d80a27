-- One row per order that takes part in matching (neither a test nor the organization's own), with its keys.
with
orders as (select * from {{ ref('int_orders__unioned') }}),

identifiers as (select * from {{ ref('int_order_identifiers') }}),

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
