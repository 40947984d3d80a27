-- Money arithmetic that cannot overflow. An amount is a decimal(18, 4) below 1e12 (docs/bounds.md); how many of them are
-- added up, and what is squared, knows no bound.

-- The type of a sum of amounts: exact, the same in any order of the rows, and wide enough for 1e22 amounts at the bound.
{% macro total_type() -%}
    decimal(38, 4)
{%- endmacro %}

-- A sum of amounts, or of counts that stand beside them.
{% macro total(expression) -%}
    cast(sum({{ expression }}) as {{ total_type() }})
{%- endmacro %}

-- The sum of the products of two figures, as a double; 0 of no rows. No decimal holds the square of every total, and a
-- sum of doubles depends on the order of the rows. So products of figures within 1e10 are added up exactly, which 1e10
-- of them cannot overflow, and only those of larger ones as doubles. `are_small` may name a column that says so.
{% macro product_total(one, other, are_small=none) -%}
    {%- set are_small = are_small or figures_are_small([one, other]) -%}
    cast(coalesce(sum(
            case when {{ are_small }} then cast({{ one }} as {{ total_type() }}) * {{ other }} end
        ), 0) as double)
        + coalesce(sum(
            case when not {{ are_small }} then cast({{ one }} as double) * cast({{ other }} as double) end
        ), 0)
{%- endmacro %}

-- Whether all of these figures are within 1e10; false where one is null.
{% macro figures_are_small(figures) -%}
    coalesce({% for figure in figures %}{{ figure }} between -10000000000 and 10000000000
            {{- ' and ' if not loop.last }}{% endfor %}, false)
{%- endmacro %}

-- Whether a total is no amount any more: none that is told of one order lies beyond the bound.
{% macro is_beyond_amounts(total) -%}
    coalesce(abs({{ total }}) >= {{ var('bounds')['amount_below'] }}, false)
{%- endmacro %}
