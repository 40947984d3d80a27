-- A struct of text fields read from a JSON object in one parse; an absent key is null, and so is all of what is no JSON.
{% macro json_fields(json, names) -%}
    {{ return(adapter.dispatch('json_fields', 'matchback')(json, names)) }}
{%- endmacro %}

{% macro default__json_fields(json, names) -%}
    try(from_json({{ json }}, '{ {%- for name in names -%} "{{ name }}": "VARCHAR"{{ ", " if not loop.last }} {%- endfor -%} }'))
{%- endmacro %}

{% macro spark__json_fields(json, names) -%}
    from_json({{ json }}, '{% for name in names %}`{{ name }}` STRING{{ ", " if not loop.last }}{% endfor %}')
{%- endmacro %}
