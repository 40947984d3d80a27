-- What an order says about who bought, in the form in which other tools know people. A wrong one merges two people for
-- good, so whatever is doubtful is none.

-- An e-mail that could be somebody's; `email_key` is one already without relays and placeholders.
{% macro usable_email(email_key) -%}
    case
        when length({{ email_key }}) <= 254 and {{ matches(email_key, '^[^@\\s<>,;]+@[^@\\s<>,;]+[.][^@\\s<>,;.]+$') }}
            then {{ email_key }}
    end
{%- endmacro %}

-- A phone number in E.164 (+ and 8 to 15 digits): as written where it is written for abroad, otherwise by the country's
-- code, whose seed's columns are in scope as `codes`. One with letters in it has an extension, and is none.
{% macro e164_phone(phone, codes) -%}
    {%- set written = "replace(trim(" ~ phone ~ "), '(0)', '')" -%}
    {%- set digits = regexp_replace_all(written, '[^0-9]', '') -%}
    {%- set national -%}
        case
            when starts_with({{ digits }}, {{ codes }}.trunk_prefix)
                then substr({{ digits }}, length({{ codes }}.trunk_prefix) + 1)
            else {{ digits }}
        end
    {%- endset -%}
    case
        when {{ matches(phone, '[A-Za-z]') }} then null
        when {{ written }} like '+%' or {{ digits }} like '00%' then {{ international_phone(digits, written) }}
        when length({{ national }}) between {{ codes }}.shortest and {{ codes }}.longest
            then '+' || {{ codes }}.calling_code || {{ national }}
    end
{%- endmacro %}

-- Digits that begin with a country's code, behind + or 00, in E.164.
{% macro international_phone(digits, written) -%}
    {%- set number = "case when " ~ written ~ " like '+%' then " ~ digits ~ " else substr(" ~ digits ~ ", 3) end" -%}
    case when length({{ number }}) between 8 and 15 and not {{ number }} like '0%' then '+' || {{ number }} end
{%- endmacro %}
