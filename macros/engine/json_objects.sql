-- JSON objects made from columns, with the columns' names as keys. Amounts are texts in them: a JSON number is a double
-- to most who read it.

-- A JSON object of the named columns.
{% macro json_object(columns) -%}
    {{ return(adapter.dispatch('json_object', 'matchback')(columns)) }}
{%- endmacro %}

{% macro default__json_object(columns) -%}
    to_json({ {%- for column in columns -%}
        '{{ column }}': cast({{ column }} as varchar){{ ", " if not loop.last }}
    {%- endfor -%} })
{%- endmacro %}

{% macro spark__json_object(columns) -%}
    to_json(struct({% for column in columns -%}
        cast({{ column }} as string) as {{ column }}{{ ", " if not loop.last }}
    {%- endfor %}))
{%- endmacro %}

-- The JSON objects of a group's rows as one JSON array, in the order of a column that tells them apart.
{% macro json_array_of(columns, order_by) -%}
    {{ return(adapter.dispatch('json_array_of', 'matchback')(columns, order_by)) }}
{%- endmacro %}

{% macro default__json_array_of(columns, order_by) -%}
    cast(to_json(list({{ json_object(columns) }} order by {{ order_by }})) as varchar)
{%- endmacro %}

{% macro spark__json_array_of(columns, order_by) -%}
    concat('[', array_join(
        transform(
            array_sort(collect_list(struct({{ order_by }}, {{ json_object(columns) }} as element))),
            sorted -> sorted.element
        ), ','
    ), ']')
{%- endmacro %}

-- A hash of the named columns, the same wherever their values are the same.
{% macro payload_hash(columns) -%}
    {{ return(adapter.dispatch('payload_hash', 'matchback')(columns)) }}
{%- endmacro %}

{% macro default__payload_hash(columns) -%}
    md5(cast({{ json_object(columns) }} as varchar))
{%- endmacro %}

{% macro spark__payload_hash(columns) -%}
    md5({{ json_object(columns) }})
{%- endmacro %}
