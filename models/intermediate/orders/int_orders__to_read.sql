-- One row per order of which a tick reads all that was ever landed: those of which something is new, which may be the
-- time of the file they are in, and all of an organization whose provider, settings or release changed.
{{ config(schema='ops', alias='orders_to_read', pre_hook='{{ make_room() }}') }}
{{ after('int_build__horizons') }}

with
changed as (
    select organization_id
    from {{ ref('int_build__changed_settings') }}
    where kind = 'read'
),

new_readings as (
    select distinct file_name
    from {{ source('raw_files', 'files') }}
    where {{ is_new('raw_files.files') }}
),

new_codes as (
    select distinct organization_id
    from {{ source('raw_commercetools', 'discount_codes') }}
    where {{ is_new('raw_commercetools.discount_codes') }}
),

-- one look at a time: a look for what is new reads only the end of the table
touched as (
    {% for table_name in ['orders', 'order_lines', 'refunds'] %}
    {% for condition in [
        is_new('raw_files.' ~ table_name),
        'file_name in (select file_name from new_readings)',
        'organization_id in (select organization_id from changed)',
    ] %}
    select
        organization_id,
        {{ json_text('object_id', '$[0]') }} as order_id
    from {{ source('raw_files', table_name) }}
    where {{ condition }}
    union
    {% endfor %}
    {% endfor %}
    {% for schema_name in ['raw_shopify', 'raw_ometria', 'raw_commercetools'] %}
    {% for condition in [
        is_new(schema_name ~ '.orders'),
        'organization_id in (select organization_id from changed)',
    ] %}
    select
        organization_id,
        object_id as order_id
    from {{ source(schema_name, 'orders') }}
    where {{ condition }}
    union
    {% endfor %}
    {% endfor %}
    select
        organization_id,
        object_id as order_id
    from {{ source('raw_commercetools', 'orders') }}
    where organization_id in (select organization_id from new_codes)
    union
    {% if is_tick() %}
    select
        organization_id,
        order_id
    from {{ as_built('int_orders__unioned') }}
    where organization_id in (select organization_id from changed)
    union
    {% endif %}
    select * from {{ ref('int_orders__of_new_events') }}
)

select
    organization_id,
    order_id,
    {{ json_key(['order_id']) }} as file_object_id
from touched
where order_id is not null and {{ only_in_ticks() }}
