-- The canonical order's columns, said once: every int_orders__<provider> has them in this order.
{% macro order_text_columns() -%}
    {{ return([
        'order_number', 'customer_id', 'email', 'phone', 'currency', 'status', 'source_name', 'discount_codes',
        'ship_name', 'ship_company', 'ship_address1', 'ship_address2', 'ship_city', 'ship_region',
        'ship_postal_code', 'ship_country', 'bill_name', 'bill_address1', 'bill_address2', 'bill_city',
        'bill_region', 'bill_postal_code', 'bill_country',
    ]) }}
{%- endmacro %}

{% macro order_amount_columns() -%}
    {{ return([
        'total_amount', 'subtotal_amount', 'discount_amount', 'shipping_amount', 'tax_amount', 'refunded_amount',
    ]) }}
{%- endmacro %}

{% macro order_time_columns() -%}
    {{ return(['ordered_at', 'paid_at', 'fulfilled_at', 'refunded_at', 'cancelled_at']) }}
{%- endmacro %}

-- The columns of an order event at Klaviyo, whoever wrote its properties.
{% macro klaviyo_event_columns() -%}
    {{ return([
        'organization_id', 'event_id', 'payload_hash', 'order_id', 'native_id', 'event_type', 'profile_id', 'customer_id',
        'order_number', 'email', 'phone', 'currency', 'discount_codes', 'source_name',
        'ship_name', 'ship_company', 'ship_address1', 'ship_address2', 'ship_city', 'ship_region',
        'ship_postal_code', 'ship_country', 'bill_name', 'bill_address1', 'bill_address2', 'bill_city',
        'bill_region', 'bill_postal_code', 'bill_country',
        'value_amount', 'subtotal_amount', 'discount_amount', 'shipping_amount', 'tax_amount',
    ] + order_part_columns() + [
        'has_tax_in_prices', 'is_test', 'unreadable_fields', 'is_held_back', 'occurred_at', 'loaded_at',
    ]) }}
{%- endmacro %}

-- The columns of an order's attribution besides its key; the first list is the verdict.
{% macro verdict_columns() -%}
    {{ return([
        'attribution_status', 'reason', 'match_method', 'matched_on', 'match_tier', 'campaign_id', 'recipient_id',
        'is_holdout', 'window_start_at', 'passes_rules',
    ]) }}
{%- endmacro %}

{% macro attributed_order_columns() -%}
    {{ return([
        'provider', 'ordered_at', 'currency', 'total_amount', 'net_amount', 'days_since_window_start', 'is_archived',
    ]) }}
{%- endmacro %}
