-- What of an order is goods and what is shipping, each without its tax, by whatever its provider tells (docs/money.md).

-- What a provider may tell of an order's parts besides the canonical amounts. `goods_amount`: the goods after their own
-- discounts; `other_amount`: tips, duties and fees; `parts_total_amount`: the total of which all these are parts, where
-- it is not the order's; `left_…`: what edits, returns and refunds have left.
{% macro order_part_columns() -%}
    {{ return([
        'goods_amount', 'shipping_tax_amount', 'other_amount', 'parts_total_amount', 'left_goods_amount',
        'left_shipping_amount', 'left_tax_amount',
    ]) }}
{%- endmacro %}

-- Those parts for a select list: as said by `told`, name to expression, and null where the provider does not tell them.
{% macro order_parts(told={}) -%}
    {%- for column in order_part_columns() %}
    cast({{ told.get(column, 'null') }} as decimal(18, 4)) as {{ column }},
    {%- endfor %}
    cast({{ told.get('has_tax_in_prices', 'null') }} as boolean) as has_tax_in_prices
{%- endmacro %}

-- The rows of a relation of orders with `shipping_without_tax`, and `goods_standing`: the goods without their tax that
-- edits and refunds have left. Who gives money back without a word on its parts gives it back for goods, tax included.
{% macro goods_and_shipping(relation) -%}
    select
        *,
        {{ without_tax('charged_shipping', 'shipping_tax') }} as shipping_without_tax,
        case
            when left_goods_amount is not null and left_tax_amount is not null
                then {{ goods_left('left_goods_amount', 'left_goods_tax', 'left_total - net_amount') }}
            when goods_told is null then {{ goods_left(
                'total_amount - tax_amount - charged_shipping - other_told', 'tax_amount',
                'total_amount - net_amount', false
            ) }}
            else {{ goods_left('goods_told', 'goods_tax', 'parts_total - net_amount') }}
        end as goods_standing,
        -- what an edit took out were goods, with their tax
        tax_amount - {{ tax_share(
            'greatest(parts_total - total_amount, 0)', 'goods_tax', without_tax('goods_told', 'goods_tax')
        ) }} as tax_standing
    from (
        select
            *,
            tax_amount - shipping_tax as goods_tax,
            left_tax_amount - {{ tax_share('left_tax_amount', 'left_shipping', 'left_goods_amount') }}
                as left_goods_tax,
            left_goods_amount + left_shipping + other_told + case when is_tax_in_prices then 0 else left_tax_amount end
                as left_total
        from (
            select
                *,
                coalesce(
                    shipping_tax_amount, {{ tax_share('tax_amount', 'charged_shipping', 'goods_told') }}
                ) as shipping_tax
            from (
                select
                    *,
                    {{ charged_shipping('parts_total', 'goods_told', 'tax_amount') }} as charged_shipping,
                    coalesce(left_shipping_amount, shipping_amount, 0) as left_shipping
                from (
                    select
                        *,
                        {{ has_tax_in_prices() }} as is_tax_in_prices
                    from (
                        select
                            *,
                            coalesce(parts_total_amount, total_amount) as parts_total,
                            coalesce(other_amount, 0) as other_told,
                            -- more than all of it is what the goods cost before their discounts
                            case
                                when goods_amount > coalesce(parts_total_amount, total_amount)
                                    then goods_amount - coalesce(abs(discount_amount), 0)
                                else goods_amount
                            end as goods_told
                        from {{ relation }}
                    ) as told
                ) as judged
            ) as charged
        ) as taxed
    ) as shared
{%- endmacro %}

-- Whether prices have tax in them: as told, else by which of the two adds up to the total with the parts; null where
-- nobody can know.
{% macro has_tax_in_prices() -%}
    coalesce(has_tax_in_prices, case
        when tax_amount = 0 or goods_told is null then false
        else abs(parts_total - goods_told - other_told - coalesce(shipping_amount, 0))
            < abs(parts_total - goods_told - other_told - coalesce(shipping_amount, 0) - tax_amount)
    end)
{%- endmacro %}

-- Shipping after its discounts: never more than the total leaves for it, for a provider may tell it before them.
{% macro charged_shipping(total, goods, tax) -%}
    case
        when {{ goods }} is null or shipping_amount is null then shipping_amount
        else greatest(least(
            shipping_amount,
            {{ total }} - {{ goods }} - other_told - case when is_tax_in_prices then 0 else coalesce({{ tax }}, 0) end
        ), 0)
    end
{%- endmacro %}

-- The part of a tax that goes with a price, where it is spread over that price and another in proportion.
{% macro tax_share(tax, price, other) -%}
    coalesce({{ tax }} * {{ price }} / nullif({{ price }} + {{ other }}, 0), 0)
{%- endmacro %}

{% macro without_tax(price, tax) -%}
    case when is_tax_in_prices then {{ price }} - {{ tax }} when not is_tax_in_prices then {{ price }} end
{%- endmacro %}

-- Goods without their tax, less the part of them that went with what is gone of the total.
{% macro goods_left(goods, tax, gone, may_have_tax=true) -%}
    {%- set untaxed = without_tax(goods, tax) if may_have_tax else goods -%}
    ({{ untaxed }}) * (1 - coalesce(
                least(greatest({{ gone }}, 0) / nullif(({{ untaxed }}) + coalesce({{ tax }}, 0), 0), 1), 0
            ))
{%- endmacro %}

-- An amount in whole coins of a currency with so many digits.
{% macro in_coins(amount, fraction_digits) -%}
    cast(case {{ fraction_digits }}
        when 0 then round({{ amount }}, 0)
        when 3 then round({{ amount }}, 3)
        when 4 then round({{ amount }}, 4)
        else round({{ amount }}, 2)
    end as decimal(18, 4))
{%- endmacro %}
