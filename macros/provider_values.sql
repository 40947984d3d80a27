-- Values as providers and files write them: what cannot be read, or lies beyond the bounds, is null and never stops a build.

-- Text without blanks around it; null where nothing is left.
{% macro trimmed(text) -%}
    nullif(trim({{ text }}), '')
{%- endmacro %}

-- Such a text of at most so many characters; what is an object or a list is no text.
{% macro readable_text(said, longest=none) -%}
    case
        when length({{ said }}) <= {{ longest or var('bounds')['longest_text'] }} and not {{ is_nested(said) }}
            then {{ said }}
    end
{%- endmacro %}

-- An id; one that a load could make nothing of has a name of its own.
{% macro readable_id(said) -%}
    case when not starts_with({{ said }}, 'unreadable-') then {{ readable_text(said) }} end
{%- endmacro %}

-- The name of a state: a text that is neither a number nor a truth value.
{% macro readable_status(said) -%}
    case
        when {{ matches(said, '^[A-Za-z][A-Za-z0-9 _.-]*$') }} and lower({{ said }}) not in ('true', 'false')
            then {{ readable_text(said) }}
    end
{%- endmacro %}

{% macro readable_address_part(said) -%}
    {{ readable_text(said, var('bounds')['longest_address']) }}
{%- endmacro %}

-- Whether a text is a JSON object or list.
{% macro is_nested(said) -%}
    case when starts_with({{ said }}, '{') or starts_with({{ said }}, '[') then {{ is_json(said) }} else false end
{%- endmacro %}

{% macro has_brackets(said) -%}
    starts_with({{ said }}, '[')
{%- endmacro %}

-- JSON as it is; null for anything else.
{% macro json_when_valid(said) -%}
    case when {{ is_json(said) }} then {{ said }} end
{%- endmacro %}

-- A JSON object as it is; null for anything else.
{% macro json_when_object(said) -%}
    case when starts_with({{ said }}, '{') then {{ said }} end
{%- endmacro %}

-- A JSON list of at most as many elements as an order may have lines; null for anything else. A short text holds no more.
{% macro json_when_list(said) -%}
    {%- set most = var('bounds')['most_lines'] -%}
    case
        when not {{ has_brackets(said) }} then null
        when length({{ said }}) <= {{ 2 * most }} then {{ said }}
        when {{ json_list_length(said) }} <= {{ most }} then {{ said }}
    end
{%- endmacro %}

-- Discount codes with | , or ; between; one that stands there twice counts once.
{% macro readable_codes(said) -%}
    {%- set most, longest = var('bounds')['most_codes'], var('bounds')['longest_text'] -%}
    {%- set listed = listed_codes(said) -%}
    case
        when length({{ said }}) > {{ 2 * most * longest }} then null
        when length({{ said }}) - length(replace({{ listed }}, '|', '')) < {{ most }} then {{ said }}
        when {{ distinct_parts(listed, '|') }} <= {{ most }} then {{ said }}
    end
{%- endmacro %}

-- A decimal amount in major units.
{% macro amount(text) -%}
    {{ bounded(text, var('bounds')['amount_below']) }}
{%- endmacro %}

{% macro quantity(text) -%}
    {{ bounded(text, var('bounds')['quantity_below']) }}
{%- endmacro %}

-- A decimal below a bound, either way. The bound is a power of ten, so the type alone holds it.
{% macro bounded(number, bound) -%}
    cast(try_cast({{ number }} as decimal({{ bound | string | length + 3 }}, 4)) as decimal(18, 4))
{%- endmacro %}

-- What an amount in minor units with so many fraction digits is in major units, exactly; text, for the amount to be read.
-- Where it cannot be told, the minor units with a mark that no number has.
{% macro minor_amount_text(minor_units, fraction_digits) -%}
    case
        when {{ minor_units }} is null then null
        else coalesce(
            cast(try_cast({{ minor_units }} as decimal(18, 0)) * case {{ fraction_digits }}
                when '0' then 1.0000
                when '1' then 0.1000
                when '2' then 0.0100
                when '3' then 0.0010
                when '4' then 0.0001
            end as varchar), '? ' || {{ minor_units }}
        )
    end
{%- endmacro %}

-- The fields of commercetools' money, and the same of a struct of them. What is finer than the minor unit stands in
-- `preciseAmount`, which `fractionDigits` belong to then.
{% macro money_fields() -%}
    {{ return(['centAmount', 'currencyCode', 'fractionDigits', 'preciseAmount']) }}
{%- endmacro %}

{% macro minor_units(money, digits_by_default='null') -%}
    case
        when {{ money }}.preciseAmount is null
            then {{ minor_amount_text(
                money ~ '.centAmount', 'coalesce(' ~ money ~ '.fractionDigits, ' ~ digits_by_default ~ ')'
            ) }}
        else {{ precise_amount_text(money ~ '.preciseAmount', money ~ '.fractionDigits') }}
    end
{%- endmacro %}

-- A precise amount in major units, at four places; where it cannot be told, the amount with a mark that no number has.
{% macro precise_amount_text(precise_amount, fraction_digits) -%}
    coalesce(
        cast(try_cast(round(
            try_cast({{ precise_amount }} as decimal(30, 0)) / power(10, try_cast({{ fraction_digits }} as integer)), 4
        ) as decimal(38, 4)) as varchar), '? ' || {{ precise_amount }}
    )
{%- endmacro %}

-- How many digits a currency's minor unit has, as text (ISO 4217; two for all that are not listed).
{% macro fraction_digits(currency) -%}
    case
        when upper({{ currency }}) in (
            'BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'UGX', 'VND', 'VUV', 'XAF', 'XOF',
            'XPF'
        ) then '0'
        when upper({{ currency }}) in ('BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND') then '3'
        else '2'
    end
{%- endmacro %}

-- What may be a code of ISO 4217, in upper case; whether it is one the seed `currencies` says.
{% macro currency_code(text) -%}
    case when {{ matches('trim(' ~ text ~ ')', '^[A-Za-z]{3}$') }} then upper(trim({{ text }})) end
{%- endmacro %}

-- Whole days, 0 to 3650.
{% macro whole_days(text) -%}
    case when try_cast({{ text }} as integer) between 0 and 3650 then try_cast({{ text }} as integer) end
{%- endmacro %}

-- A share from 0 to 1.
{% macro share(text) -%}
    case when try_cast({{ text }} as decimal(9, 6)) between 0 and 1 then try_cast({{ text }} as decimal(9, 6)) end
{%- endmacro %}

{% macro flag(text) -%}
    try_cast({{ text }} as boolean)
{%- endmacro %}

-- A time with any offset, or without one and then UTC, as UTC without a zone; within the bounds.
{% macro utc_time(text) -%}
    {{ time_within_bounds(any_time(text)) }}
{%- endmacro %}

-- The same whatever year it lies in. Some write a blank before the offset or a comma before fractions of a second, or
-- count seconds or milliseconds since 1970.
{% macro any_time(text) -%}
    try_cast(coalesce(
        try_cast({{ text }} as timestamptz),
        try_cast({{
            regexp_replace_all("replace(" ~ text ~ ", ',', '.')", '\\s+([+-][0-9:]+|Z)$', '\\1')
        }} as timestamptz),
        case when {{ matches(text, '^[0-9]{10}([0-9]{3})?$') }} then {{ epoch_time(text) }} end
    ) as timestamp)
{%- endmacro %}

{% macro time_within_bounds(time) -%}
    case
        when {{ time }} between timestamp '{{ var('bounds')['time_from'] }}'
            and timestamp '{{ var('bounds')['time_before'] }}' - interval 1 microsecond
            then {{ time }}
    end
{%- endmacro %}

-- Whether a time is what other systems write where there is no date; an offset may have moved it by a day.
{% macro is_null_date(time) -%}
    date_trunc('day', {{ time }}) in (
        {%- for day in var('null_dates') -%}
        timestamp '{{ day }}' - interval 1 day, timestamp '{{ day }}', timestamp '{{ day }}' + interval 1 day
        {{- ', ' if not loop.last }}
        {%- endfor -%}
    )
{%- endmacro %}

-- A street with its number, in the order of the country.
{% macro street_line(number, street, country) -%}
    {{ trimmed(
        "case when upper(coalesce(" ~ country ~ ", '')) in ('US', 'GB', 'IE', 'CA', 'AU', 'NZ', 'FR', 'LU') "
        ~ "then coalesce(" ~ number ~ ", '') || ' ' || coalesce(" ~ street ~ ", '') "
        ~ "else coalesce(" ~ street ~ ", '') || ' ' || coalesce(" ~ number ~ ", '') end"
    ) }}
{%- endmacro %}
