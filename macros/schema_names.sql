-- Schemas are named as the design names them (marts, staging …), not <target schema>_<custom schema>.
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ (custom_schema_name or target.schema) | trim }}
{%- endmacro %}
