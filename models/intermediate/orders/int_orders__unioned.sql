-- One row per order of the provider its organization uses; none is lost or doubled but those that are held back.
-- `net_amount` is what the customer keeps paying for: nothing of a cancelled order, nor of one refunded without an
-- amount. `merchandise_amount` is what of that is goods without their tax: null where it is unknown.
{{ config(
    materialized='incremental',
    incremental_strategy='replace_scope',
    meta={'scope': 'int_orders__to_read', 'keys': order_key()},
) }}
with
orders as (
    select
        *,
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

parted as (
    {{ goods_and_shipping('netted') | indent(4) }}
),

valued as (
    select
        organization_id,
        order_id,
        provider,
        {{ order_text_columns() | join(', ') }},
        total_amount,
        subtotal_amount,
        discount_amount,
        {{ in_coins('shipping_without_tax', 'fraction_digits') | indent(8) }} as shipping_amount,
        cast(tax_standing as decimal(18, 4)) as tax_amount,
        refunded_amount,
        is_test,
        {{ order_time_columns() | join(', ') }},
        is_cancelled,
        net_amount,
        case
            when is_cancelled or net_amount <= 0 then 0
            else {{ in_coins('goods_standing', 'fraction_digits') | indent(12) }}
        end as merchandise_amount,
        {{ address_id('ship_') }} as ship_address_id,
        {{ address_id('bill_') }} as bill_address_id
    from parted
)

select * from valued
