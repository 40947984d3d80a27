-- A text whose letters with accents are one character each (NFC).
{% macro composed(text) -%}
    {{ return(adapter.dispatch('composed', 'matchback')(text)) }}
{%- endmacro %}

{% macro default__composed(text) -%}
    nfc_normalize({{ text }})
{%- endmacro %}
