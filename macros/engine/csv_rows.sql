-- The rows of a CSV file as they stand there, all text, and where each is: `line`, from 2.
{% macro csv_rows(path) -%}
    {{ return(adapter.dispatch('csv_rows', 'matchback')(path)) }}
{%- endmacro %}

{% macro default__csv_rows(path) -%}
    select
        *,
        row_number() over () + 1 as line
    from read_csv(
        '{{ path | replace("'", "''") }}', header = true, all_varchar = true, delim = ',', quote = '"', escape = '"'
    )
{%- endmacro %}
