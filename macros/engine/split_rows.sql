-- A row per part of a text split at one separator character; for use in a select list, as unnest is.
{% macro split_rows(text, separator) -%}
    {{ return(adapter.dispatch('split_rows', 'matchback')(text, separator)) }}
{%- endmacro %}

{% macro default__split_rows(text, separator) -%}
    unnest(string_split({{ text }}, '{{ separator }}'))
{%- endmacro %}

{% macro spark__split_rows(text, separator) -%}
    explode(split({{ text }}, '[{{ separator }}]'))
{%- endmacro %}

-- Two columns, `word` and `position` (from 1): a row per blank-separated word of a text.
{% macro split_words(text) -%}
    {{ return(adapter.dispatch('split_words', 'matchback')(text)) }}
{%- endmacro %}

{% macro default__split_words(text) -%}
    unnest(string_split({{ text }}, ' ')) as word,
        generate_subscripts(string_split({{ text }}, ' '), 1) as position
{%- endmacro %}

{% macro spark__split_words(text) -%}
    posexplode(split({{ text }}, ' ')) as (position, word)
{%- endmacro %}

-- How many different parts a text has, split at one separator character.
{% macro distinct_parts(text, separator) -%}
    {{ return(adapter.dispatch('distinct_parts', 'matchback')(text, separator)) }}
{%- endmacro %}

{% macro default__distinct_parts(text, separator) -%}
    len(list_distinct(string_split({{ text }}, '{{ separator }}')))
{%- endmacro %}

{% macro spark__distinct_parts(text, separator) -%}
    size(array_distinct(split({{ text }}, '[{{ separator }}]')))
{%- endmacro %}
