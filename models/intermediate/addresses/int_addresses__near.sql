-- One row per address that matching compares; a tick keeps those of its orders and what they may match.
{{ config(materialized='view', meta={'kept_in_ticks': true}) }}
with
in_scope as (
    {{ in_scope(ref('int_addresses'), 'int_addresses__near_orders', ['address_id']) | indent(4) }}
)

select * from in_scope
