-- One row per order of which something could not be read: with `is_held_back` it takes part in nothing.
{{ config(
    materialized='incremental',
    incremental_strategy='replace_scope',
    meta={'scope': 'int_orders__to_read', 'keys': order_key()},
) }}
with
unreadable as (
    select
        organization_id,
        order_id,
        provider,
        unreadable_fields,
        is_held_back,
        loaded_at
    from {{ ref('int_orders__read') }}
    where unreadable_fields is not null
)

select * from unreadable
