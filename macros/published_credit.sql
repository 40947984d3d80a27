-- The value of a column in a customer's last credited order.
{% macro last_credited(column) -%}
    max_by({{ column }}, (ordered_at, order_id)) filter (where is_credited)
{%- endmacro %}

-- A credit attribute as it is sent. Where there is none it says so: what is left out would leave the old one standing.
{% macro told_credit(column) -%}
    coalesce({{ column }}, 'none')
{%- endmacro %}
