-- A number that is another when any of the values is, for all that matters: two sets of values have the same one with a
-- chance of one in 2^64. Compared only with what the same engine made.
{% macro row_hash(values) -%}
    {{ return(adapter.dispatch('row_hash', 'matchback')(values)) }}
{%- endmacro %}

{% macro default__row_hash(values) -%}
    hash({{ values | join(', ') }})
{%- endmacro %}

{% macro spark__row_hash(values) -%}
    xxhash64({{ values | join(', ') }})
{%- endmacro %}
