-- One row per order that takes part in no matching, with the first reason that holds.
{{ config(
    materialized='incremental',
    incremental_strategy='replace_scope',
    meta={'scope': 'int_orders__to_decide', 'keys': order_key()},
) }}
with
orders as (select * from {{ ref('int_orders__decided') }}),

identifiers as (select * from {{ ref('int_order_identifiers__decided') }}),

own_domains as (select * from {{ ref('int_organization_email_domains') }}),

excluded as (
    select
        orders.organization_id,
        orders.order_id,
        case when orders.is_test then 'test_order' else 'company_email' end as reason
    from orders
    inner join identifiers
        on orders.organization_id = identifiers.organization_id
        and orders.order_id = identifiers.order_id
    left join own_domains
        on orders.organization_id = own_domains.organization_id
        and identifiers.email_domain = own_domains.email_domain
    where orders.is_test or own_domains.email_domain is not null
)

select * from excluded
