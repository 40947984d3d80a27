-- A timestamp moved by whole days of exactly 24 hours. Times are UTC without a zone, so a day never has 23 or 25.
{% macro add_days(timestamp, days) -%}
    {{ return(adapter.dispatch('add_days', 'matchback')(timestamp, days)) }}
{%- endmacro %}

{% macro default__add_days(timestamp, days) -%}
    ({{ timestamp }} + to_days(cast({{ days }} as integer)))
{%- endmacro %}

{% macro spark__add_days(timestamp, days) -%}
    ({{ timestamp }} + make_dt_interval({{ days }}))
{%- endmacro %}

-- Whole days from one timestamp to a later one, rounded down.
{% macro whole_days_between(earlier, later) -%}
    {{ return(adapter.dispatch('whole_days_between', 'matchback')(earlier, later)) }}
{%- endmacro %}

{% macro default__whole_days_between(earlier, later) -%}
    cast(floor(epoch_us({{ later }} - {{ earlier }}) / 86400000000.0) as integer)
{%- endmacro %}

{% macro spark__whole_days_between(earlier, later) -%}
    cast(floor((unix_micros({{ later }}) - unix_micros({{ earlier }})) / 86400000000.0) as int)
{%- endmacro %}

-- Days from one timestamp to a later one, with their fraction.
{% macro days_between(earlier, later) -%}
    {{ return(adapter.dispatch('days_between', 'matchback')(earlier, later)) }}
{%- endmacro %}

{% macro default__days_between(earlier, later) -%}
    (epoch_us({{ later }} - {{ earlier }}) / 86400000000.0)
{%- endmacro %}

{% macro spark__days_between(earlier, later) -%}
    ((unix_micros({{ later }}) - unix_micros({{ earlier }})) / 86400000000.0)
{%- endmacro %}

-- A text of 10 digits, seconds since 1970, or of 13, milliseconds, as a time with a zone.
{% macro epoch_time(text) -%}
    {{ return(adapter.dispatch('epoch_time', 'matchback')(text)) }}
{%- endmacro %}

{% macro default__epoch_time(text) -%}
    to_timestamp(try_cast({{ text }} as double) / case when length({{ text }}) = 13 then 1000 else 1 end)
{%- endmacro %}

{% macro spark__epoch_time(text) -%}
    timestamp_millis(try_cast({{ text }} as bigint) * case when length({{ text }}) = 13 then 1 else 1000 end)
{%- endmacro %}
