-- The boundary: where a payload or a row of a file enters the typed world. Each field is read by an expression that cannot
-- fail, and what is there but cannot be read is named (docs/bounds.md).

-- A field is a list: its kind; what is said of it, as text; and how much the row needs it. `required`: without it the row
-- is held back. `decisive`: one that is there and cannot be read holds the row back. Otherwise it is then empty.

-- What is said of fields, a column each: worded once, for it is asked several times what it is.
{% macro said_fields(fields) -%}
    {%- for name, field in fields.items() %}
    {{ field[1] }} as said_{{ name }}{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

-- The columns of fields, each of its own type, by what is said of them (`said_fields`); null where nothing can be read. A `landed_time` is a column already: the
-- load read it.
{% macro read_fields(fields) -%}
    {%- for name, field in fields.items() if field[0] != 'landed_time' %}
    {{ read_field(field[0], 'said_' ~ name) }} as {{ name }}{{ ',' if not loop.last }}
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
-- field=problem with | between, those that hold the row back with ! before; null where all could. What others write for
-- no date is none, and decides nothing.
{% macro unreadable_fields(fields, parts={}) -%}
    nullif(concat_ws(
        '|'
        {%- for name, field in fields.items() -%},
        case
            when {{ name }} is null {{ 'and ' ~ is_said('said_' ~ name) if field[2] != 'required' }}
                then {{ held_back_mark(name, field) }} || '{{ name }}=' || {{ field_problem(field[0], 'said_' ~ name, field[2]) }}
        end
        {%- endfor -%}
        {%- for name, part in parts.items() -%},
        case
            when {{ is_unreadable_part(part[0], part[1]) }}
                then '{{ '!' if part[2] }}{{ name }}=' || {{ field_problem(part[0], part[1]) }}
        end
        {%- endfor %}
    ), '')
{%- endmacro %}

{% macro held_back_mark(name, field) -%}
    {%- if field[2] == 'decisive' and field[0] in ('time', 'landed_time') -%}
        case when {{ is_null_date(any_time('said_' ~ name)) }} then '' else '!' end
    {%- else -%}
        '{{ '!' if field[2] }}'
    {%- endif -%}
{%- endmacro %}

-- Whether the row takes part in nothing, by the column `unreadable_fields` before it.
{% macro is_held_back() -%}
    coalesce(contains(unreadable_fields, '!'), false)
{%- endmacro %}

-- Whether anything is said at all: an empty text is nothing.
{% macro is_said(said) -%}
    coalesce(trim({{ said }}) <> '', false)
{%- endmacro %}

-- Whether a part is there and is not what it should be.
{% macro is_unreadable_part(kind, said) -%}
    {%- if kind == 'object' -%}
        coalesce({{ said }} <> '' and not starts_with({{ said }}, '{'), false)
    {%- else -%}
        {{ said }} is not null and {{ is_said(said) }} and {{ read_field(kind, said) }} is null
    {%- endif -%}
{%- endmacro %}

-- Why what is said cannot be read.
{% macro field_problem(kind, said, need=none) -%}
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
    {%- set problem = problems[{'address': 'text', 'quantity': 'amount', 'landed_time': 'time'}.get(kind, kind)] -%}
    {{ return(
        "case when " ~ is_said(said) ~ " then " ~ problem ~ " else 'missing' end" if need == 'required' else problem
    ) }}
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
        'occurred_at': ['landed_time', 'event_time', 'required'],
    }) }}
{%- endmacro %}

{% macro klaviyo_event_parts() -%}
    {{ return({
        'attributes': ['object', 'attributes_json', 'decisive'],
        'event_properties': ['object', 'properties_json', 'decisive'],
        'profile': ['object', 'profile_json', none],
    }) }}
{%- endmacro %}
