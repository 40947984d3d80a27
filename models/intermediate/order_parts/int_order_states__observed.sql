-- One row per order whose provider says that it was fulfilled or cancelled but not when: by the update that first told
-- of it, which is the provider's own time and never that of a load.
{{ config(
    materialized='incremental',
    incremental_strategy='replace_scope',
    meta={'scope': 'int_orders__to_read', 'keys': order_key()},
) }}
{{ after('int_orders__to_read') }}
with
versions as (
    {% for provider in ['ometria', 'commercetools'] %}
    select
        organization_id,
        order_id,
        status,
        is_held_back,
        updated_at
    from (
        {{ released_rows(ref('stg_' ~ provider ~ '__orders'), ref('stg_ops__held_organizations')) | indent(8) }}
    ) as released
    {{ "union all" if not loop.last }}
    {% endfor %}
),

states as (
    select
        organization_id,
        order_id,
        min(case when status = 'fulfilled' then updated_at end) as fulfilled_at,
        min(case when status = 'cancelled' then updated_at end) as cancelled_at
    from versions
    where status in ('fulfilled', 'cancelled') and is_held_back is not true
    group by organization_id, order_id
)

select * from states
