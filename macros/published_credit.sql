-- The value of a column in a customer's last credited order.
{% macro last_credited(column) -%}
    max_by({{ column }}, (ordered_at, order_id)) filter (where is_credited)
{%- endmacro %}

-- A credit attribute as it is sent. Where there is none it says so: what is left out would leave the old one standing.
{% macro told_credit(column) -%}
    coalesce({{ column }}, 'none')
{%- endmacro %}

-- What mail is credited with of a customer: the columns of `int_customers__credited` that tools have as attributes.
{% macro credit_attributes() %}
    {{ return([
        'dm_last_campaign_id', 'dm_last_match_method', 'dm_credited_orders', 'dm_credited_amount', 'dm_last_credited_at'
    ]) }}
{% endmacro %}
