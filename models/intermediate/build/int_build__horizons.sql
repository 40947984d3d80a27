-- One row per raw table that ticks read: the newest load in it. Each load is later than every one before it.
{% set raw_tables = {
        'raw_files': ['files', 'orders', 'recipients', 'refunds'],
        'raw_klaviyo': ['order_events', 'audience_members'],
        'raw_ometria': ['orders', 'list_changes', 'profiles'],
        'raw_shopify': ['orders', 'segment_members', 'customers'],
        'raw_commercetools': ['orders', 'payments', 'discount_codes', 'messages'],
} %}

with
horizons as (
    {% for schema_name, table_names in raw_tables.items() %}
    {% set is_last_schema = loop.last %}
    {% for table_name in table_names %}
    select
        '{{ schema_name }}.{{ table_name }}' as raw_table,
        max(loaded_at) as horizon_at
    from {{ source(schema_name, table_name) }}
    union all
    {% endfor %}
    {% endfor %}
    select
        'ops.assignments' as raw_table,
        max(assigned_at) as horizon_at
    from {{ source('ops', 'assignments') }}
)

select * from horizons
