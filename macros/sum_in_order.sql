-- A sum over a partition that is the same to the last digit in every build: doubles, added up in one order.
{% macro sum_in_order(expression, partition, order) -%}
    sum({{ expression }}) over (
            partition by {{ partition }}
            order by {{ order }}
            rows between unbounded preceding and unbounded following
        )
{%- endmacro %}
