-- Values as one text, to be hashed: an absent one is empty, and each has its place.
{% macro one_text(values) -%}
    concat_ws(
        '|',
        {%- for value in values %}
        coalesce(cast({{ value }} as {{ dbt.type_string() }}), ''){{ "," if not loop.last }}
        {%- endfor %}
    )
{%- endmacro %}
