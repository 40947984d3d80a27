-- Values as providers write them, read so that one that cannot be read is null and never stops the build; the
-- landing gate says where that happened.

-- Text without blanks around it; null where nothing is left.
{% macro trimmed(text) -%}
    nullif(trim({{ text }}), '')
{%- endmacro %}

-- A decimal amount in major units.
{% macro amount(text) -%}
    try_cast({{ text }} as decimal(18, 4))
{%- endmacro %}

-- An amount in minor units with so many fraction digits, exactly.
{% macro minor_amount(minor_units, fraction_digits) -%}
    cast(
        try_cast({{ minor_units }} as decimal(14, 0))
        * case {{ fraction_digits }}
            when '0' then 1.0000
            when '1' then 0.1000
            when '2' then 0.0100
            when '3' then 0.0010
            when '4' then 0.0001
        end as decimal(18, 4)
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

-- A time with any offset, or without one and then UTC, as UTC without a zone.
{% macro utc_time(text) -%}
    try_cast(try_cast({{ text }} as timestamptz) as timestamp)
{%- endmacro %}

-- A street with its number, in the order of the country.
{% macro street_line(number, street, country) -%}
    {{ trimmed(
        "case when upper(coalesce(" ~ country ~ ", '')) in ('US', 'GB', 'IE', 'CA', 'AU', 'NZ', 'FR', 'LU') "
        ~ "then coalesce(" ~ number ~ ", '') || ' ' || coalesce(" ~ street ~ ", '') "
        ~ "else coalesce(" ~ street ~ ", '') || ' ' || coalesce(" ~ number ~ ", '') end"
    ) }}
{%- endmacro %}
