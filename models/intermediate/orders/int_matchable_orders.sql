-- One row per order that takes part in matching (neither a test nor the organization's own), with its keys. In a
-- tick: of those that it matches anew.
{{ config(materialized='view') }}
with
identifiers as (select * from {{ ref('int_order_identifiers__matched') }}),

exclusions as (select * from {{ ref('int_order_exclusions') }}),

matchable as (
    select
        identifiers.organization_id,
        identifiers.order_id,
        identifiers.customer_id,
        identifiers.email_key,
        identifiers.ordered_at
    from identifiers
    left join exclusions
        on identifiers.organization_id = exclusions.organization_id
        and identifiers.order_id = exclusions.order_id
    where exclusions.order_id is null
)

select * from matchable
