-- One row per order of the provider its organization uses; no order is lost or doubled. `net_amount` is the total less
-- refunds: nothing is left of a cancelled order, nor of one that was refunded without an amount. Rows in `refunds/`
-- count before the order's own. `merchandise_amount` is what of that is goods: null where tax or shipping is unknown.
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
        organization_id,
        order_id,
        provider,
        {{ order_text_columns() | join(', ') }},
        {{ order_amount_columns() | join(', ') }},
        is_test,
        {{ order_time_columns() | join(', ') }}
    from {{ ref('int_orders__' ~ provider) }}
    {{ "union all" if not loop.last }}
    {% endfor %}
),

complete as (
    select
        unioned.organization_id,
        unioned.order_id,
        unioned.provider,
        {% for column in order_text_columns() if column != 'currency' %}
        unioned.{{ column }},
        {% endfor %}
        upper(unioned.currency) as currency,
        {% for column in order_amount_columns() if column != 'refunded_amount' %}
        unioned.{{ column }},
        {% endfor %}
        coalesce(refunds.refunded_amount, unioned.refunded_amount) as refunded_amount,
        unioned.is_test,
        {% for column in order_time_columns() if column != 'refunded_at' %}
        unioned.{{ column }},
        {% endfor %}
        coalesce(refunds.refunded_at, unioned.refunded_at) as refunded_at,
        coalesce(unioned.status = 'cancelled', false) or unioned.cancelled_at is not null as is_cancelled
    from unioned
    inner join {{ ref('int_organizations') }} as organizations
        on unioned.organization_id = organizations.organization_id
        and unioned.provider = organizations.provider
    left join {{ ref('int_refunds') }} as refunds
        on unioned.organization_id = refunds.organization_id
        and unioned.order_id = refunds.order_id
    where unioned.ordered_at is not null
        and unioned.currency is not null
        and unioned.total_amount is not null
),

netted as (
    select
        *,
        cast(case
            when is_cancelled then 0
            when refunded_amount is null and status = 'refunded' then 0
            else total_amount - coalesce(refunded_amount, 0)
        end as decimal(18, 4)) as net_amount
    from complete
),

with_merchandise as (
    select
        *,
        cast(case
            when is_cancelled or net_amount = 0 then 0
            else net_amount - tax_amount - shipping_amount
        end as decimal(18, 4)) as merchandise_amount,
        {{ address_id('ship_') }} as ship_address_id,
        {{ address_id('bill_') }} as bill_address_id
    from netted
)

select * from with_merchandise
