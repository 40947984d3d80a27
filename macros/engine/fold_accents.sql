-- Upper case without accents; the four letters that are no accents (ß ø ł æ, and œ) are spelt out first.
{% macro fold_accents(text) -%}
    {{ return(adapter.dispatch('fold_accents', 'matchback')(text)) }}
{%- endmacro %}

{% macro default__fold_accents(text) -%}
    upper(strip_accents(replace(replace(replace(replace(replace(
        lower({{ text }}), 'ß', 'ss'), 'ø', 'o'), 'ł', 'l'), 'æ', 'ae'), 'œ', 'oe'
    )))
{%- endmacro %}
