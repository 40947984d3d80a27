-- The instant the figures stand at: the variable as_of, else the start of the build; a UTC timestamp.
{% macro as_of() -%}
    cast('{{ (var("as_of") or run_started_at.strftime("%Y-%m-%d %H:%M:%S")) | replace("Z", "") }}' as timestamp)
{%- endmacro %}
