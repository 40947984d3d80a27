-- One row per refund in `refunds/`; and, of an order that has none there, one per rise of its own `refunded_amount`
-- that its rows ever told of, dated by the `refunded_at` told with it or before.
{{ config(materialized='view') }}
{{ after('int_orders__to_read') }}
with
refunds as (select * from {{ ref('int_refund_rows') }}),

told as (
    select
        organization_id,
        order_id,
        refunded_amount,
        refunded_at,
        loaded_at,
        {{ statement_order(['organization_id', 'order_id']) }} as statement_order
    from {{ ref('stg_files__orders') }}
    where refunded_amount is not null or refunded_at is not null
),

said_so_far as (
    select
        organization_id,
        order_id,
        statement_order,
        loaded_at,
        last_value(refunded_amount ignore nulls) over so_far as refunded_amount,
        last_value(refunded_at ignore nulls) over so_far as refunded_at
    from told
    window so_far as (partition by organization_id, order_id order by statement_order)
),

states as (
    select
        organization_id,
        order_id,
        statement_order,
        loaded_at,
        {{ amount('refunded_amount') }} as refunded_amount,
        {{ utc_time('refunded_at') }} as observed_at
    from said_so_far
),

cumulative as (
    {{ rises_of_refunds('states', 'statement_order') | indent(4) }}
),

unioned as (
    select * from refunds
    union all
    select cumulative.*
    from cumulative
    left join refunds
        on cumulative.organization_id = refunds.organization_id
        and cumulative.order_id = refunds.order_id
    where refunds.order_id is null
)

select * from unioned
