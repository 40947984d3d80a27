-- One row per thing that happened to a published order: placed, paid, fulfilled, cancelled, and one per refund. Total
-- and subtotal of a refund are what it paid back, of a cancellation what refunds have left, of the others the order's.
-- `occurred_at` is null where nobody says when: such an action is never dated now.
{{ config(materialized='view') }}
{% set happenings = {
        'placed': ['ordered_at', 'true', 'total_amount', 'subtotal_amount'],
        'paid': ['paid_at', "paid_at is not null or status = 'paid'", 'total_amount', 'subtotal_amount'],
        'fulfilled': [
            'fulfilled_at', "fulfilled_at is not null or status = 'fulfilled'", 'total_amount', 'subtotal_amount',
        ],
        'cancelled': ['cancelled_at', 'is_cancelled', 'left_amount', 'left_subtotal_amount'],
} %}

with
orders as (select * from {{ ref('int_orders__published') }}),

actions as (
    {% for action, (time, condition, amount, subtotal) in happenings.items() %}
    select
        organization_id,
        order_id,
        '{{ action }}' as action,
        cast(null as varchar) as refund_id,
        cast(null as varchar) as reason,
        {{ amount }} as total_amount,
        {{ subtotal }} as subtotal_amount,
        {{ time }} as occurred_at
    from {{ ref('int_order_states') }}
    where {{ condition }}
    union all
    {% endfor %}
    select
        organization_id,
        order_id,
        'refunded' as action,
        refund_id,
        reason,
        amount as total_amount,
        subtotal_amount,
        refunded_at as occurred_at
    from {{ ref('int_refund_actions') }}
),

lines as (select * from {{ ref('int_order_line_lists') }})

select
    {{ json_key(['actions.organization_id', 'actions.order_id', 'actions.action', "coalesce(actions.refund_id, '')"]) }}
        as order_action_id,
    actions.organization_id,
    actions.order_id,
    actions.action,
    actions.refund_id,
    actions.reason,
    orders.currency,
    orders.email,
    orders.phone_number,
    orders.customer_id,
    lines.lines,
    cast(actions.total_amount as decimal(18, 4)) as total_amount,
    cast(actions.subtotal_amount as decimal(18, 4)) as subtotal_amount,
    orders.discount_amount,
    orders.shipping_amount,
    orders.tax_amount,
    actions.occurred_at
from actions
inner join orders
    on actions.organization_id = orders.organization_id
    and actions.order_id = orders.order_id
left join lines
    on actions.organization_id = lines.organization_id
    and actions.order_id = lines.order_id
