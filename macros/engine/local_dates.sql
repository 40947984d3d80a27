-- The date that a UTC time has in a time zone (its IANA name).
{% macro local_date(timestamp, timezone) -%}
    {{ return(adapter.dispatch('local_date', 'matchback')(timestamp, timezone)) }}
{%- endmacro %}

{% macro default__local_date(timestamp, timezone) -%}
    cast(({{ timestamp }} at time zone 'UTC') at time zone {{ timezone }} as date)
{%- endmacro %}

{% macro spark__local_date(timestamp, timezone) -%}
    to_date(from_utc_timestamp({{ timestamp }}, {{ timezone }}))
{%- endmacro %}
