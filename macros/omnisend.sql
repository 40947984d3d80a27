-- The namespace of Omnisend's event ids: the version 5 UUID of https://github.com/matchback in the namespace of URLs.
-- Never to be changed: an event under another id is another event.
{% macro omnisend_namespace() -%}
    {{ return('1c042eb5fc975d1a986645ebc57bef67') }}
{%- endmacro %}

-- An address as a JSON object of texts; the names of its parts are put in by the payload. Null where nothing is told.
{% macro omnisend_address(prefix) -%}
    {%- set parts = ['name', 'address1', 'address2', 'city', 'region', 'postal_code', 'country'] -%}
    {%- set columns = [] -%}
    {%- for part in parts -%}
        {%- do columns.append(prefix ~ part) -%}
    {%- endfor -%}
    case
        when coalesce({{ columns | join(', ') }}) is not null then cast({{ json_object(columns) }} as varchar)
    end
{%- endmacro %}
