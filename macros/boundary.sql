-- The boundary: where a payload or a row of a file enters the typed world. Each field is read by an expression that cannot
-- fail, and what is there but cannot be read is named (docs/bounds.md).

-- A field is a list: its kind; what is said of it, as text; and how much the row needs it. `required`: without it the row
-- is held back. `decisive`: one that is there and cannot be read holds the row back. Otherwise it is then empty.

-- The columns of fields, each of its own type; null where nothing can be read. A `landed_time` is a column already: the
-- load read it.
{% macro read_fields(fields) -%}
    {%- for name, field in fields.items() if field[0] != 'landed_time' %}
    {{ read_field(field[0], field[1]) }} as {{ name }}{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{% macro read_field(kind, said) -%}
    {{ return({
        'id': readable_id, 'text': readable_text, 'status': readable_status, 'address': readable_address_part, 'amount': amount, 'quantity': quantity, 'time': utc_time,
        'flag': flag, 'currency': currency_code, 'codes': readable_codes, 'days': whole_days, 'share': share, 'json': json_when_valid, 'object': json_when_object,
        'list': json_when_list,
    }[kind](said)) }}
{%- endmacro %}

-- What could not be read of those columns, and of `parts`, which are looked at but are no columns: texts of the form
-- field=problem with | between; null where all could.
{% macro unreadable_fields(fields, parts={}) -%}
    nullif(concat_ws(
        '|'
        {%- for name, field in fields.items() -%},
        case
            when {{ name }} is null {{ 'and ' ~ is_said(field[1]) if field[2] != 'required' }} then '{{ name }}='
                || {{ field_problem(field[0], field[1]) if field[2] != 'required' else
                    "case when " ~ is_said(field[1]) ~ " then " ~ field_problem(field[0], field[1]) ~ " else 'missing' end"
                }}
        end
        {%- endfor -%}
        {%- for name, part in parts.items() -%},
        case when {{ is_unreadable_part(part[0], part[1]) }} then '{{ name }}=' || {{ field_problem(part[0], part[1]) }} end
        {%- endfor %}
    ), '')
{%- endmacro %}

-- Whether the row takes part in nothing. What others write for no date is none, and decides nothing.
{% macro is_held_back(fields, parts={}) -%}
    {%- set conditions = [] -%}
    {%- for name, field in fields.items() if field[2] -%}
        {%- do conditions.append(
            name ~ ' is null' if field[2] == 'required' else '(' ~ name ~ ' is null and ' ~ is_said(field[1])
            ~ (' and not coalesce(' ~ is_null_date(any_time(field[1])) ~ ', false)' if field[0] == 'time' else '') ~ ')'
        ) -%}
    {%- endfor -%}
    {%- for name, part in parts.items() if part[2] -%}
        {%- do conditions.append('coalesce(' ~ is_unreadable_part(part[0], part[1]) ~ ', false)') -%}
    {%- endfor -%}
    ({{ conditions | join(' or ') or 'false' }})
{%- endmacro %}

-- Whether anything is said at all: an empty text is nothing.
{% macro is_said(said) -%}
    nullif(trim({{ said }}), '') is not null
{%- endmacro %}

{% macro is_unreadable_part(kind, said) -%}
    {{ is_said(said) }} and {{ read_field(kind, said) }} is null
{%- endmacro %}

-- Why what is said cannot be read.
{% macro field_problem(kind, said) -%}
    {%- set problems = {
       'id': "case when length(" ~ said ~ ") > " ~ var('bounds')['longest_text'] ~ " then 'too_long' else 'not_an_id' end",
        'text': "case when " ~ is_nested(said) ~ " then 'not_a_text' else 'too_long' end",
        'amount': "case when try_cast(" ~ said ~ " as double) is null then 'not_a_number' else 'out_of_bounds' end",
        'time': "case when " ~ any_time(said) ~ " is null then 'not_a_time' when " ~ is_null_date(any_time(said))
            ~ " then 'null_date' else 'out_of_bounds' end",
        'flag': "'not_true_or_false'",
        'days': "'not_a_number_of_days'",
        'share': "'not_a_share'",
        'currency': "'not_a_currency'",
        'codes': "'too_many'",
        'status': "'not_a_status'",
        'json': "'not_json'",
        'object': "'not_an_object'",
        'list': "case when " ~ has_brackets(said) ~ " then 'too_many' else 'not_a_list' end",
    } -%}
    {{ return(problems[{'address': 'text', 'quantity': 'amount', 'landed_time': 'time'}.get(kind, kind)]) }}
{%- endmacro %}

-- Two lists of unreadable fields as one.
{% macro joined_problems(lists) -%}
    nullif(concat_ws('|', {{ lists | join(', ') }}), '')
{%- endmacro %}

-- The fields that every order event at Klaviyo has, whoever wrote its properties.
{% macro klaviyo_event_fields() -%}
    {{ return({
        'known_event_id': ['id', 'event_id', 'required'],
        'customer_id': ['text', 'profile.external_id', none],
        'phone': ['text', 'profile.phone_number', none],
        'occurred_at': ['landed_time', json_text('event_json', '$.attributes.datetime'), 'required'],
    }) }}
{%- endmacro %}

{% macro klaviyo_event_parts() -%}
    {{ return({
        'attributes': ['object', json_text('event_json', '$.attributes'), 'decisive'],
        'event_properties': ['object', 'properties_json', 'decisive'],
        'profile': ['object', 'profile_json', none],
    }) }}
{%- endmacro %}
