-- The metrics of lift with the expression that gives each recipient's value, said once.
{% macro lift_metrics() -%}
    {{ return({
        'conversion_rate': 'case when has_ordered then 1.0 else 0.0 end',
        'orders_per_recipient': 'orders',
        'revenue_per_recipient': 'revenue_amount',
    }) }}
{%- endmacro %}

-- The same on the placebo window.
{% macro placebo_metrics() -%}
    {{ return({
        'conversion_rate': 'case when placebo_orders > 0 then 1.0 else 0.0 end',
        'orders_per_recipient': 'placebo_orders',
        'revenue_per_recipient': 'placebo_revenue_amount',
    }) }}
{%- endmacro %}
