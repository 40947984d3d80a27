-- One row per order of which the log of verdicts speaks: what it said last. In a tick: of the orders that it decides
-- anew.
{{ config(materialized='view') }}
{{ after('int_orders__to_decide') }}
{% set log = as_built('fct_attribution_events') if execute else none %}

with
told as (
    {% if log is not none and load_relation(log) is not none %}
    {{ in_scope(log, 'int_orders__to_decide', order_key()) | indent(4) }}
    {% else %}
    select
        *,
        cast(0 as bigint) as event_number,
        false as is_withdrawn
    from {{ ref('fct_order_attributions') }}
    where false
    {% endif %}
),

last_numbers as (
    select
        organization_id,
        order_id,
        max(event_number) as event_number
    from told
    group by organization_id, order_id
),

last_told as (
    select told.*
    from told
    inner join last_numbers
        on told.organization_id = last_numbers.organization_id
        and told.order_id = last_numbers.order_id
        and told.event_number = last_numbers.event_number
)

select * from last_told
