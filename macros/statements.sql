-- A file row is a statement: a column that is null says nothing, an empty text clears. Several statements
-- about one key merge column by column; the order of the statements decides, never that of their arrival.

-- The position of a statement among those about one key, first to last.
{% macro statement_order(key) -%}
    row_number() over (
        partition by {{ key | join(', ') }}
        order by said_at, file_name, file_read, row_number
    )
{%- endmacro %}

-- The last value stated; null where the last statement cleared it.
{% macro latest_value(column) -%}
    nullif(max_by({{ column }}, statement_order) filter (where {{ column }} is not null), '')
{%- endmacro %}

-- The first value stated that was not empty.
{% macro earliest_value(column) -%}
    min_by({{ column }}, statement_order) filter (where {{ column }} <> '')
{%- endmacro %}
