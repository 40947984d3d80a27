-- Behind the name of a step that is read more than once and costs less to make twice than to keep: wide raw rows, of
-- which one reader needs two columns. DuckDB keeps whatever is read twice unless told not to; Spark never does.
{% macro inlined() -%}
    {{ return(adapter.dispatch('inlined', 'matchback')()) }}
{%- endmacro %}

{% macro default__inlined() -%}
    as not materialized
{%- endmacro %}

{% macro spark__inlined() -%}
    as
{%- endmacro %}

-- The same for a step that a tick makes of few rows out of many, and had better keep.
{% macro inlined_but_in_ticks() -%}
    {{ return('as' if is_tick() else inlined()) }}
{%- endmacro %}

-- Behind the name of a step that is to be made before the next: DuckDB would else mix its joins with that one's and,
-- where it misjudges how many rows a range of times leaves, begin with the largest.
{% macro made_first() -%}
    {{ return(adapter.dispatch('made_first', 'matchback')()) }}
{%- endmacro %}

{% macro default__made_first() -%}
    as materialized
{%- endmacro %}

{% macro spark__made_first() -%}
    as
{%- endmacro %}
