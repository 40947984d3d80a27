-- One row per order that this build matches, with its keys; a tick keeps them, for many models ask.
{{ config(materialized='view', meta={'kept_in_ticks': true}) }}
with
in_scope as (
    {{ in_scope(
        ref('int_order_identifiers__decided'), 'int_orders__to_decide', order_key(), 'scope.is_to_match'
    ) | indent(4) }}
)

select * from in_scope
