-- One row per order action that Omnisend has an event for, and one `ordered product` per line of a placed order.
-- Omnisend knows people by e-mail or phone; actions with neither are not in here.
{{ config(materialized='view') }}
{% set names = {
        'placed': 'placed order',
        'paid': 'paid for order',
        'fulfilled': 'order fulfilled',
        'cancelled': 'order canceled',
        'refunded': 'order refunded',
} %}

with
actions as (
    select *
    from {{ ref('int_order_actions') }}
    where coalesce(email, phone_number) is not null
),

events as (
    select
        organization_id,
        order_id,
        case action
            {% for action, name in names.items() %}
            when '{{ action }}' then '{{ name }}'
            {% endfor %}
        end as event_name,
        refund_id as part_id,
        lines,
        case when action = 'refunded' then total_amount end as refunded_amount,
        occurred_at
    from actions
),

lines as (
    select
        organization_id,
        order_id,
        line_id,
        '[' || cast({{ json_object(
            ['line_id'] + order_line_text_columns() + order_line_amount_columns()
        ) }} as varchar) || ']' as lines
    from {{ ref('int_order_lines') }}
    where is_held_back is not true
),

products as (
    select
        placed.organization_id,
        placed.order_id,
        'ordered product' as event_name,
        lines.line_id as part_id,
        lines.lines,
        cast(null as decimal(18, 4)) as refunded_amount,
        placed.occurred_at
    from actions as placed
    inner join lines
        on placed.organization_id = lines.organization_id
        and placed.order_id = lines.order_id
    where placed.action = 'placed'
)

select * from events
union all
select * from products
