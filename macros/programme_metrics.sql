-- The metrics of the programme and of pairs of campaigns, with the household figure of each.
{% macro programme_metrics() -%}
    {{ return({'conversion_rate': 'buyers', 'orders_per_household': 'orders', 'revenue_per_household': 'revenue'}) }}
{%- endmacro %}
