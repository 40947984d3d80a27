-- One row per order event at Klaviyo. Should Klaviyo ever word an event anew, the latest wording counts, once.
{{ config(
    materialized='incremental',
    incremental_strategy='replace_scope',
    meta={'scope': 'int_order_events__to_read', 'keys': ['organization_id', 'event_id'], 'keeps_before': true},
) }}
{{ after('int_order_events__to_read') }}
with
released as (
    {{ released_rows(ref('stg_klaviyo__order_events'), ref('stg_ops__held_organizations')) | indent(4) }}
),

latest as (
    select *
    from released
    qualify
        row_number() over (
            partition by organization_id, event_id
            order by loaded_at desc, payload_hash
        ) = 1
)

select * from latest
