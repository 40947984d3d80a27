-- One row per order at Ometria, as last updated. When it was paid, cancelled or refunded Ometria does not say.
{{ config(materialized='view') }}
{{ after('int_orders__to_read') }}
with
released as (
    {{ released_rows(ref('stg_ometria__orders'), ref('stg_ops__held_organizations')) | indent(4) }}
),

latest as (
    select *
    from released
    qualify
        row_number() over (
            partition by organization_id, order_id
            -- where there is no time of update, the load's holds
            order by coalesce(updated_at, loaded_at) desc, loaded_at desc, payload_hash
        ) = 1
),

orders as (
    select
        organization_id,
        order_id,
        'ometria' as provider,
        unreadable_fields,
        {{ order_text_columns() | join(', ') }},
        {{ order_amount_columns() | join(', ') }},
        false as is_test,
        is_held_back,
        ordered_at,
        cast(null as timestamp) as paid_at,
        cast(null as timestamp) as fulfilled_at,
        cast(null as timestamp) as refunded_at,
        cast(null as timestamp) as cancelled_at,
        loaded_at
    from latest
)

select * from orders
