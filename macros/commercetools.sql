-- Orders and lines as commercetools words them, and the plugin that writes to Klaviyo likewise.

-- The rows of a relation with what is told of an order's price, `placed` being the order: structs of money. The price
-- is net or gross by the project's tax mode; what is paid is gross.
{% macro commercetools_prices(relation, placed) -%}
    select
        *,
        {{ json_fields("coalesce(taxed.totalGross, " ~ placed ~ ".totalPrice)", money_fields()) }} as total,
        {{ json_fields('taxed.totalNet', money_fields()) }} as net_total,
        {{ json_fields('taxed.totalTax', money_fields()) }} as tax,
        {{ json_fields(
            "coalesce(" ~ json_text(placed ~ '.taxedShippingPrice', '$.totalNet') ~ ", "
            ~ json_text('shipment.taxedPrice', '$.totalNet') ~ ")", money_fields()
        ) }} as shipping_net,
        cast(try_cast({{ total_in_list(
            placed ~ '.customLineItems', '$[*].taxedPrice.totalNet.centAmount', true
        ) }} as bigint) as varchar) as fee_units,
        {{ json_fields(
            "coalesce(" ~ json_text('shipment.discountedPrice', '$.value') ~ ", shipment.price)", money_fields()
        ) }} as shipping_price
    from (
        select
            *,
            {{ json_fields(placed ~ '.taxedPrice', ['totalGross', 'totalNet', 'totalTax']) }} as taxed,
            {{ json_fields(
                placed ~ '.shippingInfo', ['price', 'discountedPrice', 'taxedPrice', 'taxRate']
            ) }} as shipment
        from {{ relation }}
    ) as parted
{%- endmacro %}

-- The amounts among them. `digits` are those of minor units where the money does not say.
{% macro commercetools_price_fields(total_need, digits='null') -%}
    {{ return({
        'total_amount': ['amount', minor_units('total', digits), total_need],
        'net_total_amount': ['amount', minor_units('net_total', digits), none],
        'told_tax_amount': ['amount', minor_units('tax', digits), none],
        'shipping_net_amount': ['amount', minor_units('shipping_net', digits), none],
        'shipping_price_amount': ['amount', minor_units('shipping_price', digits), none],
        'shipping_tax_rate': ['share', json_text('shipment.taxRate', '$.amount'), none],
        'fee_amount': [
            'amount', minor_amount_text('fee_units', 'coalesce(net_total.fractionDigits, ' ~ digits ~ ')'), none
        ],
        'has_tax_in_shipping': ['flag', json_text('shipment.taxRate', '$.includedInPrice'), none],
    }) }}
{%- endmacro %}

{% macro commercetools_price_parts(placed) -%}
    {{ return({
        'totalPrice': ['object', placed ~ '.totalPrice', 'decisive'],
        'taxedPrice': ['object', placed ~ '.taxedPrice', 'decisive'],
        'taxedPrice.totalGross': ['object', 'taxed.totalGross', 'decisive'],
        'taxedPrice.totalNet': ['object', 'taxed.totalNet', none],
        'taxedPrice.totalTax': ['object', 'taxed.totalTax', none],
        'taxedShippingPrice': ['object', placed ~ '.taxedShippingPrice', none],
        'shippingInfo': ['object', placed ~ '.shippingInfo', none],
        'shippingInfo.price': ['object', 'shipment.price', none],
        'shippingInfo.discountedPrice': ['object', 'shipment.discountedPrice', none],
        'shippingInfo.taxedPrice': ['object', 'shipment.taxedPrice', none],
        'shippingInfo.taxRate': ['object', 'shipment.taxRate', none],
    }) }}
{%- endmacro %}

-- Out of those: tax; shipping without its tax, where none costs nothing; and the goods without theirs. Custom line
-- items that cost something are fees and services.
{% macro commercetools_tax() -%}
    cast(coalesce(told_tax_amount, total_amount - net_total_amount) as decimal(18, 4))
{%- endmacro %}

{% macro commercetools_goods() -%}
    net_total_amount - coalesce(fee_amount, 0) - {{ commercetools_shipping() }}
{%- endmacro %}

{% macro commercetools_shipping() -%}
    cast(coalesce(
        shipping_net_amount,
        case
            when has_tax_in_shipping then shipping_price_amount / (1 + shipping_tax_rate)
            else shipping_price_amount
        end,
        case when said_is_shipped is null then 0 end
    ) as decimal(18, 4))
{%- endmacro %}

-- The rows of a relation whose `line_json` is a line, its fields read.
{% macro commercetools_line_fields(relation) -%}
    select
        *,
        {{ json_fields('line.variant', ['id', 'sku']) }} as variant,
        {{ json_fields(json_text('line.price', '$.value'), money_fields()) }} as unit_price,
        {{ json_fields('line.totalPrice', money_fields()) }} as subtotal
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
