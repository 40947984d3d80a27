-- One row per order at commercetools and payment that any version of it names.
{{ config(
    materialized='incremental',
    incremental_strategy='replace_scope',
    meta={'scope': 'int_orders__to_read', 'keys': order_key()},
) }}
{{ after('int_orders__to_read') }}
with
payments as (
    select distinct
        organization_id,
        order_id,
        payment_id
    from {{ ref('stg_commercetools__order_payments') }}
    where payment_id is not null
)

select * from payments
