-- The rows of int_address_matches of orders that this build matches; a tick keeps them, for several models ask.
{{ config(materialized='view', meta={'kept_in_ticks': true}) }}
with
in_scope as (
    {{ in_scope(ref('int_address_matches'), 'int_orders__to_decide', order_key(), 'scope.is_to_match') | indent(4) }}
)

select * from in_scope
