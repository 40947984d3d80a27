-- One row per order event at Klaviyo. Should Klaviyo ever word an event anew, the latest wording counts, once; but
-- whose it is stays as it was first told, for profiles are merged later.
{% set whose = ['profile_id', 'customer_id', 'email', 'phone'] %}
{{ config(
    materialized='incremental',
    incremental_strategy='replace_scope',
    meta={'scope': 'int_order_events__to_read', 'keys': ['organization_id', 'event_id'], 'keeps_before': true},
) }}
{{ after('int_order_events__to_read') }}
with
released as (
    {{ released_rows(ref('stg_klaviyo__order_events'), ref('stg_ops__held_organizations')) | indent(4) }}
),

numbered as (
    select
        *,
        row_number() over (
            partition by organization_id, event_id
            order by loaded_at, payload_hash desc
        ) as version_number,
        count(*) over (partition by organization_id, event_id) as versions
    from released
),

first_told as (
    select
        {% for column in whose %}
        min_by({{ column }}, version_number) filter (where {{ column }} is not null) as {{ column }},
        {% endfor %}
        organization_id,
        event_id
    from numbered
    where versions > 1
    group by organization_id, event_id
),

latest as (
    select
        {% for column in klaviyo_event_columns() if column not in whose + ['loaded_at'] %}
        numbered.{{ column }},
        {% endfor %}
        {% for column in whose %}
        coalesce(first_told.{{ column }}, numbered.{{ column }}) as {{ column }},
        {% endfor %}
        numbered.loaded_at
    from numbered
    left join first_told
        on numbered.organization_id = first_told.organization_id
        and numbered.event_id = first_told.event_id
    where numbered.version_number = numbered.versions
)

select * from latest
