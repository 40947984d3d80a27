-- A row per element of the array at a path of a JSON document, each as JSON, a text without its quotation marks; for use in a
-- select list. An array with more elements than an order may have lines has none.
{% macro json_rows(json, path) -%}
    {{ return(adapter.dispatch('json_rows', 'matchback')(json, path)) }}
{%- endmacro %}

{% macro default__json_rows(json, path) -%}
    unnest({{ json_elements(json, path) }})
{%- endmacro %}

{% macro json_elements(json, path) -%}
    case
        when try(json_array_length({{ json }}, '{{ path }}')) <= {{ var('bounds')['most_lines'] }}
            then try(cast(json_extract({{ json }}, '{{ path }}') as varchar[]))
    end
{%- endmacro %}

{% macro spark__json_rows(json, path) -%}
    explode(from_json(get_json_object({{ json }}, '{{ path }}'), 'array<string>'))
{%- endmacro %}

-- The text at a path that is a column's value.
{% macro json_text_at(json, path) -%}
    {{ return(adapter.dispatch('json_text_at', 'matchback')(json, path)) }}
{%- endmacro %}

{% macro default__json_text_at(json, path) -%}
    try(json_extract_string({{ json }}, {{ path }}))
{%- endmacro %}

{% macro spark__json_text_at(json, path) -%}
    get_json_object({{ json }}, {{ path }})
{%- endmacro %}

-- The distinct texts of a group in order, joined with |; null where there are none.
{% macro joined_texts(text) -%}
    {{ return(adapter.dispatch('joined_texts', 'matchback')(text)) }}
{%- endmacro %}

{% macro default__joined_texts(text) -%}
    string_agg(distinct {{ text }}, '|' order by {{ text }})
{%- endmacro %}

{% macro spark__joined_texts(text) -%}
    nullif(array_join(sort_array(collect_set({{ text }})), '|'), '')
{%- endmacro %}

-- The same with the element's number, from 1, as a second column.
{% macro json_numbered_rows(json, path, element, number) -%}
    {{ return(adapter.dispatch('json_numbered_rows', 'matchback')(json, path, element, number)) }}
{%- endmacro %}

{% macro default__json_numbered_rows(json, path, element, number) -%}
    unnest({{ json_elements(json, path) }}) as {{ element }},
        generate_subscripts({{ json_elements(json, path) }}, 1) as {{ number }}
{%- endmacro %}

{% macro spark__json_numbered_rows(json, path, element, number) -%}
    posexplode(from_json(get_json_object({{ json }}, '{{ path }}'), 'array<string>')) as ({{ number }}, {{ element }})
{%- endmacro %}
