-- The text at one path of a JSON document ($.a.b); null where the path is absent or null, or the document is no JSON.
{% macro json_text(json, path) -%}
    {{ return(adapter.dispatch('json_text', 'matchback')(json, path)) }}
{%- endmacro %}

{% macro default__json_text(json, path) -%}
    try(json_extract_string({{ json }}, '{{ path }}'))
{%- endmacro %}

{% macro spark__json_text(json, path) -%}
    get_json_object({{ json }}, '{{ path }}')
{%- endmacro %}

-- The texts at a path with a wildcard, joined with |; null where there are none.
{% macro json_joined_texts(json, path) -%}
    {{ return(adapter.dispatch('json_joined_texts', 'matchback')(json, path)) }}
{%- endmacro %}

{% macro default__json_joined_texts(json, path) -%}
    nullif(array_to_string(try(json_extract_string({{ json }}, '{{ path }}')), '|'), '')
{%- endmacro %}

-- Texts as a JSON array, in the wording in which loads write the key of an object.
{% macro json_key(texts) -%}
    {{ return(adapter.dispatch('json_key', 'matchback')(texts)) }}
{%- endmacro %}

{% macro default__json_key(texts) -%}
    cast(json_array({{ texts | join(', ') }}) as varchar)
{%- endmacro %}

{% macro spark__json_key(texts) -%}
    to_json(array({{ texts | join(', ') }}))
{%- endmacro %}

-- Whether a text is JSON.
{% macro is_json(text) -%}
    {{ return(adapter.dispatch('is_json', 'matchback')(text)) }}
{%- endmacro %}

{% macro default__is_json(text) -%}
    json_valid({{ text }})
{%- endmacro %}

{% macro spark__is_json(text) -%}
    get_json_object({{ text }}, '$') is not null
{%- endmacro %}

-- How many elements a JSON list has; null for anything else.
{% macro json_list_length(json) -%}
    {{ return(adapter.dispatch('json_list_length', 'matchback')(json)) }}
{%- endmacro %}

{% macro default__json_list_length(json) -%}
    try(json_array_length({{ json }}))
{%- endmacro %}

{% macro spark__json_list_length(json) -%}
    json_array_length({{ json }})
{%- endmacro %}
