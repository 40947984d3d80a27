-- The canonical order line's columns besides its key, said once.
{% macro order_line_text_columns() -%}
    {{ return(['product_id', 'variant_id', 'sku', 'title', 'categories', 'url', 'image_url']) }}
{%- endmacro %}

{% macro order_line_amount_columns() -%}
    {{ return(['quantity', 'unit_price_amount', 'discount_amount', 'subtotal_amount']) }}
{%- endmacro %}

-- Those columns as expressions for a select list, null where a provider does not tell them.
{% macro order_line_columns(untold=[], prefix='') -%}
    {%- set expressions = [] -%}
    {%- for column in order_line_text_columns() -%}
        {%- do expressions.append(
            'cast(null as varchar) as ' ~ column if column in untold else prefix ~ column
        ) -%}
    {%- endfor -%}
    {%- for column in order_line_amount_columns() -%}
        {%- do expressions.append(prefix ~ column) -%}
    {%- endfor -%}
    {{ return(expressions | join(', ')) }}
{%- endmacro %}

-- The id of a line; one without an id that can be read is known by its place.
{% macro numbered_line_id() -%}
    coalesce(line_id, 'line ' || line_number)
{%- endmacro %}

-- What was taken off a line: what its units cost, less what it costs. Null where it is beyond all bounds.
{% macro line_discount() -%}
    {{ amount('unit_price_amount * quantity - subtotal_amount') }}
{%- endmacro %}
