-- One row per order and refund of it, from the provider its organization uses. `amount` is what was paid back this
-- time; `refunded_at` is null where nobody says when.
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
        amount,
        refunded_at
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
        cast(unioned.amount as decimal(18, 4)) as amount,
        unioned.refunded_at
    from unioned
    inner join {{ ref('int_organizations') }} as organizations
        on unioned.organization_id = organizations.organization_id
        and unioned.provider = organizations.provider
    where unioned.refund_id is not null and unioned.amount <> 0
)

select * from refunds
