-- One row per version of an order event (placed, cancelled, refunded or fulfilled), whoever wrote its properties.
with
unioned as (
    {% for writer in ['shopify', 'commercetools', 'custom'] %}
    select {{ klaviyo_event_columns() | join(', ') }}
    from {{ ref('stg_klaviyo__' ~ writer ~ '_order_events') }}
    {{ "union all" if not loop.last }}
    {% endfor %}
)

select * from unioned
