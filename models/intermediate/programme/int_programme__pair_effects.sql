-- One row per pair of overlapping campaigns and metric: the means of the four cells, the main effects, the interaction
-- with its standard error, and the chi-square of the two draws being independent.
{% set cells = {'neither': (false, false), 'first': (true, false), 'second': (false, true), 'both': (true, true)} %}
with
cells as (select * from {{ ref('int_programme__pair_cells') }}),

wide as (
    {% for metric, figure in programme_metrics().items() %}
    select
        organization_id,
        first_campaign_id,
        second_campaign_id,
        {% for cell, arms in cells.items() %}
        {% set condition = 'is_first_treated = ' ~ arms[0] ~ ' and is_second_treated = ' ~ arms[1] %}
        coalesce(sum(case when {{ condition }} then households end), 0) as {{ cell }}_households,
        sum(case when {{ condition }} then buyers end) as {{ cell }}_buyers,
        sum(case when {{ condition }} then {{ figure }} end) as {{ cell }}_y,
        sum(case when {{ condition }} then squared_{{ figure }} end) as {{ cell }}_yy,
        {% endfor %}
        '{{ metric }}' as metric
    from cells
    group by organization_id, first_campaign_id, second_campaign_id
    {{ "union all" if not loop.last }}
    {% endfor %}
),

means as (
    select
        *,
        {% for cell in cells %}
        {{ cell }}_y / nullif({{ cell }}_households, 0) as {{ cell }}_mean,
        greatest({{ cell }}_yy - {{ cell }}_y * {{ cell }}_y / nullif({{ cell }}_households, 0), 0)
        / nullif({{ cell }}_households * ({{ cell }}_households - 1.0), 0) as {{ cell }}_variance,
        {% endfor %}
        cast(neither_households + first_households + second_households + both_households as double) as households,
        cast(first_households + both_households as double) as first_treated,
        cast(second_households + both_households as double) as second_treated
    from wide
),

effects as (
    select
        *,
        (both_mean + first_mean - second_mean - neither_mean) / 2 as first_main_effect,
        (both_mean + second_mean - first_mean - neither_mean) / 2 as second_main_effect,
        both_mean - first_mean - second_mean + neither_mean as interaction,
        sqrt(both_variance + first_variance + second_variance + neither_variance) as interaction_standard_error,
        power(both_households * households - first_treated * second_treated, 2) * households
        / nullif(
            first_treated * second_treated * (households - first_treated) * (households - second_treated), 0
        ) as independence_statistic,
        least(neither_buyers, first_buyers, second_buyers, both_buyers) as fewest_buyers,
        least(neither_households, first_households, second_households, both_households) as fewest_households
    from means
)

select * from effects
