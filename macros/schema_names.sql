-- Schemas are named for what they hold (marts, staging …), not <target schema>_<custom schema>.
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ (custom_schema_name or target.schema) | trim }}
{%- endmacro %}
