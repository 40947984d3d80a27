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

-- The rows of a relation whose `line_json` is a line as commercetools words it, its fields read. The plugin that writes
-- to Klaviyo words it likewise.
{% macro commercetools_line_fields(relation) -%}
    {%- set money_fields = ['centAmount', 'currencyCode', 'fractionDigits'] -%}
    select
        *,
        {{ json_fields('line.variant', ['id', 'sku']) }} as variant,
        {{ json_fields(json_text('line.price', '$.value'), money_fields) }} as unit_price,
        {{ json_fields('line.totalPrice', money_fields) }} as subtotal
    from (
        select
            *,
            {{ json_fields(
                'line_json', ['id', 'productId', 'name', 'variant', 'price', 'quantity', 'totalPrice']
            ) }} as line
        from {{ relation }}
    ) as parsed
{%- endmacro %}

-- The fields of an order line out of those, see boundary.sql; a name is that of its first locale.
{% macro commercetools_line() -%}
    {{ return({
        'line_id': ['text', 'line.id', 'required'],
        'product_id': ['text', 'line.productId', none],
        'variant_id': ['text', "line.productId || '-' || variant.id", none],
        'sku': ['text', 'variant.sku', none],
        'title': ['text', "split_part(" ~ json_joined_texts('line.name', '$.*') ~ ", '|', 1)", none],
        'quantity': ['quantity', 'line.quantity', 'required'],
        'unit_price_amount': ['amount', minor_units('unit_price', "'2'"), 'required'],
        'subtotal_amount': ['amount', minor_units('subtotal', "'2'"), none],
    }) }}
{%- endmacro %}

{% macro commercetools_line_parts() -%}
    {{ return({
        'line': ['object', 'line_json', 'decisive'],
        'variant': ['object', 'line.variant', none],
        'price': ['object', 'line.price', none],
        'totalPrice': ['object', 'line.totalPrice', none],
    }) }}
{%- endmacro %}
