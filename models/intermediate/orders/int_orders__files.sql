-- One row per order that came by file, merged column by column. Orders that lack a required column wait.
with
statements as (
    select
        *,
        {{ statement_order(['organization_id', 'order_id']) }} as statement_order
    from {{ ref('stg_files__orders') }}
    where is_current
),

merged as (
    select
        organization_id,
        order_id,
        'files' as provider,
        {% for column in order_text_columns() %}
        {{ latest_value(column) }} as {{ column }},
        {% endfor %}
        {% for column in order_amount_columns() %}
        cast({{ latest_value(column) }} as decimal(18, 4)) as {{ column }},
        {% endfor %}
        {% for column in order_time_columns() %}
        cast({{ latest_value(column) }} as timestamp) as {{ column }},
        {% endfor %}
        coalesce(cast({{ latest_value('is_test') }} as boolean), false) as is_test
    from statements
    group by organization_id, order_id
)

select * from merged
