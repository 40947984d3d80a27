-- What an expression of `record` makes of each of those records whose condition holds, joined with |. A record is a list:
-- a name, a field (its kind first, how much it is needed last) and the expression of what is said of it.
{% macro mapped_records(records, conditions, expression) -%}
    {{ return(adapter.dispatch('mapped_records', 'matchback')(records, conditions, expression)) }}
{%- endmacro %}

{% macro default__mapped_records(records, conditions, expression) -%}
    array_to_string(list_transform([
        {%- for name, field, said in records %}
        case
            when {{ conditions[loop.index0] }}
                then {'name': '{{ name }}', 'kind': '{{ field[0] }}', 'need': '{{ field[2] or '' }}', 'said': {{ said }}}
        end{{ ',' if not loop.last }}
        {%- endfor %}
    ], lambda record: {{ expression }}), '|')
{%- endmacro %}

{% macro spark__mapped_records(records, conditions, expression) -%}
    array_join(transform(array(
        {%- for name, field, said in records %}
        case
            when {{ conditions[loop.index0] }} then named_struct(
                'name', '{{ name }}', 'kind', '{{ field[0] }}', 'need', '{{ field[2] or '' }}', 'said', {{ said }}
            )
        end{{ ',' if not loop.last }}
        {%- endfor %}
    ), record -> {{ expression }}), '|')
{%- endmacro %}
