-- Regular expressions in the subset that RE2 and Java share: no look-arounds, constant patterns.
{% macro regexp_replace_all(text, pattern, replacement) -%}
    {{ return(adapter.dispatch('regexp_replace_all', 'matchback')(text, pattern, replacement)) }}
{%- endmacro %}

{% macro default__regexp_replace_all(text, pattern, replacement) -%}
    regexp_replace({{ text }}, '{{ pattern }}', '{{ replacement }}', 'g')
{%- endmacro %}

{% macro spark__regexp_replace_all(text, pattern, replacement) -%}
    regexp_replace({{ text }}, r'{{ pattern }}', '{{ replacement | replace("\\", "$") }}')
{%- endmacro %}

-- The group of the first match; an empty text where nothing matches.
{% macro regexp_group(text, pattern, group) -%}
    {{ return(adapter.dispatch('regexp_group', 'matchback')(text, pattern, group)) }}
{%- endmacro %}

{% macro default__regexp_group(text, pattern, group) -%}
    regexp_extract({{ text }}, '{{ pattern }}', {{ group }})
{%- endmacro %}

{% macro spark__regexp_group(text, pattern, group) -%}
    regexp_extract({{ text }}, r'{{ pattern }}', {{ group }})
{%- endmacro %}

-- Whether a pattern occurs in a text.
{% macro matches(text, pattern) -%}
    {{ return(adapter.dispatch('matches', 'matchback')(text, pattern)) }}
{%- endmacro %}

{% macro default__matches(text, pattern) -%}
    regexp_matches({{ text }}, '{{ pattern }}')
{%- endmacro %}

{% macro spark__matches(text, pattern) -%}
    {{ text }} rlike r'{{ pattern }}'
{%- endmacro %}
