-- One row per rise of what Ometria says was refunded of an order in all, dated by the update that first told of it.
{{ config(materialized='view') }}
{{ after('int_orders__to_read') }}
with
released as (
    {{ released_rows(ref('stg_ometria__orders'), ref('stg_ops__held_organizations')) | indent(4) }}
),

states as (
    select
        organization_id,
        order_id,
        refunded_amount,
        updated_at as observed_at,
        loaded_at,
        row_number() over (
            partition by organization_id, order_id
            order by updated_at nulls first, loaded_at, payload_hash
        ) as state_order
    from released
),

cumulative as (
    {{ rises_of_refunds('states', 'state_order') | indent(4) }}
)

select * from cumulative
