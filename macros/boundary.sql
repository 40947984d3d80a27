-- The boundary: where a payload or a row of a file enters the typed world. Each field is read by an expression that
-- cannot fail, and what is there but cannot be read is named (docs/bounds.md).

-- A field is a list: its kind; what is said of it, as text; and how much the row needs it. `required`: without it the
-- row is held back. `decisive`: one that is there and cannot be read holds the row back. Otherwise it is then empty.

-- The rows of a relation with their fields read, a column each, null where nothing can be read; `unreadable_fields`,
-- texts of the form field=problem with | between, those that hold the row back with ! before, null where all could be
-- read; and `is_held_back`. `parts` are looked at and are no columns. What is said of a field may be a column
-- `said_<field>` already; a `landed_time` is a column too, for the load read it.
{% macro typed_rows(relation, fields, parts={}) -%}
    select
        *,
        coalesce(contains(unreadable_fields, '!'), false) as is_held_back
    from (
        select
            *,
            {{ unreadable_fields(fields, parts) | indent(12) }} as unreadable_fields
        from (
            select
                *
                {%- for name, field in fields.items() if field[0] != 'landed_time' -%},
                {{ read_field(field[0], 'said_' ~ name) }} as {{ name }}
                {%- endfor %}
            from (
                -- an empty text says nothing
                select
                    *
                    {%- for name, field in fields.items() if field[1] != 'said_' ~ name -%},
                    {{ trimmed(field[1]) }} as said_{{ name }}
                    {%- endfor %}
                    {%- for part in parts.values() -%},
                    {{ trimmed(part[1]) }} as said_part_{{ loop.index }}
                    {%- endfor %}
                from {{ relation }}
            ) as worded
        ) as readings
    ) as judged
{%- endmacro %}

{% macro read_field(kind, said) -%}
    {{ return({
        'id': readable_id, 'text': readable_text, 'status': readable_status, 'address': readable_address_part,
        'amount': amount, 'quantity': quantity, 'time': utc_time, 'flag': flag, 'currency': currency_code,
        'codes': readable_codes, 'days': whole_days, 'share': share,
        'json': json_when_valid, 'object': json_when_object, 'list': json_when_list,
    }[kind](said)) }}
{%- endmacro %}

-- Each problem is worded once, over a list of what could not be read: most rows have none.
{% macro unreadable_fields(fields, parts) -%}
    {%- set conditions, unread = [], [] -%}
    {%- for name, field in fields.items() -%}
        {%- do conditions.append(name ~ ' is null' ~ (
            '' if field[2] == 'required' else ' and said_' ~ name ~ ' is not null'
        )) -%}
        {%- do unread.append([name, field, 'said_' ~ name]) -%}
    {%- endfor -%}
    {%- for name, part in parts.items() -%}
        {%- do conditions.append(is_unreadable_part(part[0], 'said_part_' ~ loop.index)) -%}
        {%- do unread.append([name, part, 'said_part_' ~ loop.index]) -%}
    {%- endfor -%}
    case
        when {{ conditions | join(' or ') }} then {{ mapped_records(
            unread, conditions, "case when " ~ is_needed('record') ~ " then '!' else '' end || record.name || '=' || "
            ~ field_problem('record.kind', 'record.said')
        ) }}
    end
{%- endmacro %}

-- Whether a part is there and is not what it should be.
{% macro is_unreadable_part(kind, said) -%}
    {{ said }} is not null and {{ read_field(kind, said) }} is null
{%- endmacro %}

-- Whether a record's field, which could not be read, holds its row back.
{% macro is_needed(record) -%}
    {{ record }}.need = 'required' or {{ record }}.need = 'decisive' and not (
        {{ record }}.kind in ('time', 'landed_time') and coalesce({{ is_null_date(any_time(record ~ '.said')) }}, false)
    )
{%- endmacro %}

-- Why what is said cannot be read.
{% macro field_problem(kind, said) -%}
    case
        when {{ said }} is null then 'missing'
        when {{ kind }} = 'id' and length({{ said }}) > {{ var('bounds')['longest_text'] }} then 'too_long'
        when {{ kind }} in ('text', 'address')
            then case when {{ is_nested(said) }} then 'not_a_text' else 'too_long' end
        when {{ kind }} in ('amount', 'quantity')
            then case when try_cast({{ said }} as double) is null then 'not_a_number' else 'out_of_bounds' end
        when {{ kind }} in ('time', 'landed_time')
            then case
                when {{ any_time(said) }} is null then 'not_a_time'
                when {{ is_null_date(any_time(said)) }} then 'null_date'
                else 'out_of_bounds'
            end
        when {{ kind }} = 'flag' then 'not_true_or_false'
        when {{ kind }} = 'days' then 'not_a_number_of_days'
        when {{ kind }} = 'share' then 'not_a_share'
        when {{ kind }} = 'codes' then 'too_many'
        when {{ kind }} = 'object' then 'not_an_object'
        when {{ kind }} = 'list' then case when {{ has_brackets(said) }} then 'too_many' else 'not_a_list' end
        when {{ kind }} = 'json' then 'not_json'
        when {{ kind }} = 'id' then 'not_an_id'
        else 'not_a_' || {{ kind }}
    end
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
