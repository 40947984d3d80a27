-- One row each time a build found another attribution of an order than the one before it: append-only, kept by every
-- full refresh. The last row of each order up to a time is what was said of it then; one that `is_withdrawn` says
-- that the order was gone.
{{ config(
    materialized='incremental',
    incremental_strategy='append_scope',
    on_schema_change='append_new_columns',
    full_refresh=false,
    meta={'scope': 'int_orders__to_decide', 'keys': order_key()},
) }}
{% set columns = verdict_columns() + attributed_order_columns() %}
{% set old_columns = ['attribution_status', 'reason', 'match_method', 'campaign_id', 'recipient_id'] %}

with
to_decide as (select * from {{ ref('int_orders__to_decide') }}),

now as (select * from {{ made_now(ref('fct_order_attributions')) }}),

last_told as (select * from {{ ref('int_attributions__last_told') }}),

compared as (
    select
        coalesce(now.organization_id, last_told.organization_id) as organization_id,
        coalesce(now.order_id, last_told.order_id) as order_id,
        cast(coalesce(last_told.event_number, 0) + 1 as bigint) as event_number,
        {% for column in old_columns %}
        last_told.{{ column }} as old_{{ column }},
        {% endfor %}
        {% for column in columns %}
        now.{{ column }},
        {% endfor %}
        (
            last_told.order_id is null
            or now.order_id is null
            or last_told.is_withdrawn
            {% for column in verdict_columns() %}
            or (now.{{ column }} is distinct from last_told.{{ column }})
            {% endfor %}
        ) as has_new_verdict,
        (
            {% for column in attributed_order_columns() %}
            {{ "or " if not loop.first }}(now.{{ column }} is distinct from last_told.{{ column }})
            {% endfor %}
        ) as has_new_amounts,
        now.order_id is null as is_withdrawn
    from now
    full outer join last_told
        on now.organization_id = last_told.organization_id
        and now.order_id = last_told.order_id
    where now.order_id is not null or not last_told.is_withdrawn
)

select
    compared.organization_id,
    compared.order_id,
    compared.event_number,
    cast('{{ run_started_at.strftime("%Y-%m-%d %H:%M:%S.%f") }}' as timestamp) as decided_at,
    coalesce(to_decide.cause, 'full_refresh') as changed_input,
    {% for column in old_columns %}
    compared.old_{{ column }},
    {% endfor %}
    {% for column in columns %}
    compared.{{ column }},
    {% endfor %}
    compared.has_new_verdict,
    compared.is_withdrawn
from compared
left join to_decide
    on compared.organization_id = to_decide.organization_id
    and compared.order_id = to_decide.order_id
where compared.has_new_verdict or compared.has_new_amounts
