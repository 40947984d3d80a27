-- The nodes of a quadrature, pairs of position and weight, as a list that `sum_over_nodes` takes.
{% macro list_of_nodes(pairs) -%}
    {{ return(adapter.dispatch('list_of_nodes', 'matchback')(pairs)) }}
{%- endmacro %}

{% macro default__list_of_nodes(pairs) -%}
    [
        {%- for position, weight in pairs -%}
        {'position': {{ position }}e0, 'weight': {{ weight }}e0}{{ ", " if not loop.last }}
        {%- endfor -%}
    ]
{%- endmacro %}

{% macro spark__list_of_nodes(pairs) -%}
    array(
        {%- for position, weight in pairs -%}
        named_struct('position', {{ position }}D, 'weight', {{ weight }}D){{ ", " if not loop.last }}
        {%- endfor -%}
    )
{%- endmacro %}

-- The sum over such a list of an expression of `node.position` and `node.weight`, added in the order of the list.
{% macro sum_over_nodes(nodes, expression) -%}
    {{ return(adapter.dispatch('sum_over_nodes', 'matchback')(nodes, expression)) }}
{%- endmacro %}

{% macro default__sum_over_nodes(nodes, expression) -%}
    list_sum(list_transform({{ nodes }}, lambda node: {{ expression }}))
{%- endmacro %}

{% macro spark__sum_over_nodes(nodes, expression) -%}
    aggregate(transform({{ nodes }}, node -> {{ expression }}), 0D, (total, term) -> total + term)
{%- endmacro %}

-- Numbers taken one after the other into a figure: an expression of `number` and of what came of those before, `folded`.
{% macro folded_numbers(numbers, initial, expression) -%}
    {{ return(adapter.dispatch('folded_numbers', 'matchback')(numbers, initial, expression)) }}
{%- endmacro %}

{% macro default__folded_numbers(numbers, initial, expression) -%}
    list_reduce([{{ numbers | join('e0, ') }}e0], lambda folded, number: {{ expression }}, {{ initial }})
{%- endmacro %}

{% macro spark__folded_numbers(numbers, initial, expression) -%}
    aggregate(array({{ numbers | join('D, ') }}D), {{ initial }}, (folded, number) -> {{ expression }})
{%- endmacro %}
