-- One row per order and refund of it, from the provider its organization uses. `amount` is what was paid back this
-- time; `refunded_at` is null where nobody says when. One that could not be read is there, but takes part in nothing
-- (`is_held_back`).
{{ config(
    materialized='incremental',
    incremental_strategy='replace_scope',
    meta={'scope': 'int_orders__to_read', 'keys': order_key()},
) }}
{{ after('int_orders__to_read') }}
with
unioned as (
    {% for provider in ['files', 'klaviyo', 'ometria', 'shopify', 'commercetools'] %}
    select
        '{{ provider }}' as provider,
        organization_id,
        order_id,
        refund_id,
        reason,
        unreadable_fields,
        amount,
        is_held_back,
        refunded_at,
        loaded_at
    from {{ ref('int_order_refunds__' ~ provider) }}
    {{ "union all" if not loop.last }}
    {% endfor %}
),

-- a provider lists refunds of nothing: goods taken back without money
refunds as (
    select distinct
        unioned.organization_id,
        unioned.order_id,
        unioned.refund_id,
        unioned.reason,
        unioned.provider,
        unioned.unreadable_fields,
        -- some write what was paid back with a minus sign
        abs(unioned.amount) as amount,
        coalesce(unioned.is_held_back, false) as is_held_back,
        unioned.refunded_at,
        unioned.loaded_at
    from unioned
    inner join {{ ref('int_organizations') }} as organizations
        on unioned.organization_id = organizations.organization_id
        and unioned.provider = organizations.provider
    where unioned.refund_id is not null and (unioned.amount <> 0 or unioned.is_held_back)
)

select * from refunds
