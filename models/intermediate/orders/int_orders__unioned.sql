-- One row per order of the provider its organization uses; no order is lost or doubled but those that are held back.
-- `net_amount` is the total less refunds: nothing is left of a cancelled order, nor of one that was refunded without an
-- amount. `merchandise_amount` is what of that is goods: null where tax or shipping is unknown.
{{ config(
    materialized='incremental',
    incremental_strategy='replace_scope',
    meta={'scope': 'int_orders__to_read', 'keys': order_key()},
) }}
with
orders as (
    select
        organization_id,
        order_id,
        provider,
        {{ order_text_columns() | join(', ') }},
        {{ order_amount_columns() | join(', ') }},
        is_test,
        {{ order_time_columns() | join(', ') }},
        coalesce(status = 'cancelled', false) or cancelled_at is not null as is_cancelled
    from {{ ref('int_orders__read') }}
    where is_held_back is not true
),

netted as (
    select
        *,
        cast(case
            when is_cancelled then 0
            when refunded_amount is null and status = 'refunded' then 0
            else total_amount - coalesce(refunded_amount, 0)
        end as decimal(18, 4)) as net_amount
    from orders
),

with_merchandise as (
    select
        *,
        cast(case
            when is_cancelled or net_amount = 0 then 0
            else net_amount - tax_amount - shipping_amount
        end as decimal(18, 4)) as merchandise_amount,
        {{ address_id('ship_') }} as ship_address_id,
        {{ address_id('bill_') }} as bill_address_id
    from netted
)

select * from with_merchandise
