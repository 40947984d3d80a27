-- One row per order of which a tick must read more because of what was landed elsewhere: a payment of its own, a
-- message that it was deleted, or an event at Klaviyo that is new, or that was counted before.
{{ config(materialized='view') }}
{% set payments = source('raw_commercetools', 'payments') %}
{% set klaviyo_events = ref('int_order_events__klaviyo') %}

with
touched as (
    {% if is_tick() %}
    select
        paid.organization_id,
        paid.order_id
    from {{ as_built('int_order_payments__commercetools') }} as paid
    inner join {{ payments }} as new_payments
        on paid.organization_id = new_payments.organization_id
        and paid.payment_id = new_payments.object_id
    where {{ is_new('raw_commercetools.payments', 'new_payments.loaded_at') }}
    union
    select
        organization_id,
        order_id
    from {{ before(klaviyo_events) }}
    union
    select
        placed.organization_id,
        placed.order_id
    from {{ before(klaviyo_events) }} as before_events
    inner join {{ klaviyo_events }} as placed
        on before_events.organization_id = placed.organization_id
        and before_events.order_id = placed.native_id
    where placed.event_type = 'placed'
    union
    {% endif %}
    select
        organization_id,
        order_id
    from {{ ref('stg_commercetools__deleted_orders') }}
    where {{ is_new('raw_commercetools.messages') }}
    union
    {% for order_id in ['order_id', 'native_id'] %}
    select
        events.organization_id,
        events.{{ order_id }}
    from {{ ref('int_order_events__named') }} as events
    inner join {{ ref('int_order_events__to_read') }} as new_events
        on events.organization_id = new_events.organization_id
        and events.event_id = new_events.event_id
    {{ "union" if not loop.last }}
    {% endfor %}
)

select * from touched
