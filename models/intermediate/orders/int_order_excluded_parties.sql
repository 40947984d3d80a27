-- One row per order whose e-mail, e-mail domain or shipping address is among the exclusions.
{{ config(
    materialized='incremental',
    incremental_strategy='replace_scope',
    meta={'scope': 'int_orders__to_decide', 'keys': order_key()},
) }}
with
identifiers {{ inlined_but_in_ticks() }} (select * from {{ ref('int_order_identifiers__decided') }}),

exclusions as (select * from {{ ref('int_exclusion_keys') }}),

hits as (
    {% for key in ['email_key', 'email_domain', 'address_key'] %}
    select
        identifiers.organization_id,
        identifiers.order_id
    from identifiers
    inner join exclusions
        on identifiers.organization_id = exclusions.organization_id
        and identifiers.{{ 'written_email_key' if key == 'email_key' else key }} = exclusions.{{ key }}
    {{ "union" if not loop.last }}
    {% endfor %}
)

select * from hits
