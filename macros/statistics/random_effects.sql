-- What several estimates of one kind say together: steps of a model that end in `with_pool`. The relation has `effect` and
-- `effect_standard_error` (positive). The variance of the true effects between them is DerSimonian and Laird's ("Meta-
-- analysis in clinical trials", 1986), zero for a single one; their mean is weighted by what it and the errors leave.
{% macro random_effects_steps(relation, pool, order) -%}
weighed as (
    select
        *,
        power(effect_standard_error, -2) as weight
    from {{ relation }}
),

summed as (
    select
        *,
        {{ sum_in_order('1', pool, order) }} as pool_size,
        {{ sum_in_order('weight', pool, order) }} as weights,
        {{ sum_in_order('weight * weight', pool, order) }} as squared_weights,
        {{ sum_in_order('weight * effect', pool, order) }} as weighted_effects,
        {{ sum_in_order('weight * effect * effect', pool, order) }} as weighted_squares
    from weighed
),

with_between_variance as (
    select
        *,
        coalesce(greatest(
            (weighted_squares - weighted_effects * weighted_effects / weights - (pool_size - 1))
            / nullif(weights - squared_weights / weights, 0),
            0
        ), 0) as between_variance
    from summed
),

reweighed as (
    select
        *,
        1 / (power(effect_standard_error, 2) + between_variance) as pooled_weight
    from with_between_variance
),

with_pool as (
    select
        *,
        {{ sum_in_order('pooled_weight * effect', pool, order) }}
        / {{ sum_in_order('pooled_weight', pool, order) }} as pooled_effect,
        1 / {{ sum_in_order('pooled_weight', pool, order) }} as pooled_variance,
        row_number() over (partition by {{ pool }} order by {{ order }}) as number_in_pool
    from reweighed
)
{%- endmacro %}

-- The share of the pool's mean in an estimate that is shrunk towards it, by the estimate's own error.
{% macro shrinkage_towards_pool(standard_error) -%}
    power({{ standard_error }}, 2) / (power({{ standard_error }}, 2) + between_variance)
{%- endmacro %}

-- Where `shrinkage` is a column: the shrunk estimate, and its error without that of the variance between.
{% macro shrunk_effect(effect, pooled_effect) -%}
    shrinkage * {{ pooled_effect }} + (1 - shrinkage) * {{ effect }}
{%- endmacro %}

{% macro shrunk_standard_error(standard_error) -%}
    sqrt((1 - shrinkage) * power({{ standard_error }}, 2) + shrinkage * shrinkage * pooled_variance)
{%- endmacro %}
