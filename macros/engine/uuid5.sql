-- The name-based UUID (RFC 9562, version 5) of a text in a namespace, which is given as its 32 hexadecimal digits.
{% macro uuid5(namespace, name) -%}
    {{ return(adapter.dispatch('uuid5', 'matchback')(namespace, name)) }}
{%- endmacro %}

{% macro default__uuid5(namespace, name) -%}
    {{ uuid_of_digest("sha1(unhex('" ~ namespace ~ "') || encode(" ~ name ~ "))") }}
{%- endmacro %}

{% macro spark__uuid5(namespace, name) -%}
    {{ uuid_of_digest("sha1(concat(unhex('" ~ namespace ~ "'), encode(" ~ name ~ ", 'UTF-8')))") }}
{%- endmacro %}

-- The first 16 bytes of a digest, with the bits that say version 5 and the variant put in.
{% macro uuid_of_digest(digest) -%}
    substr({{ digest }}, 1, 8) || '-' || substr({{ digest }}, 9, 4)
        || '-5' || substr({{ digest }}, 14, 3)
        || '-' || substr('89ab89ab89ab89ab', instr('0123456789abcdef', substr({{ digest }}, 17, 1)), 1)
        || substr({{ digest }}, 18, 3) || '-' || substr({{ digest }}, 21, 12)
{%- endmacro %}
