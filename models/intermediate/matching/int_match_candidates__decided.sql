-- The ranked candidates of orders that this build decides; a tick keeps them, for several models ask.
{{ config(materialized='view', meta={'kept_in_ticks': true}) }}
with
in_scope as (
    {{ in_scope(ref('int_match_candidates__ranked'), 'int_orders__to_decide', order_key()) | indent(4) }}
)

select * from in_scope
