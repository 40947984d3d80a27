-- One row per pair of campaigns of an organization that overlap in time and share households, metric: the two by two of those
-- on both lists. A main effect is that of one campaign at an even mix of the other's arms; the interaction is by how much one
-- changes the other's. It is an experiment only where the two were drawn independently, which is tested.
{% set cells = {'neither': (false, false), 'first': (true, false), 'second': (false, true), 'both': (true, true)} %}
with
cells as (select * from {{ ref('int_programme__pair_cells') }}),

wide as (
    {% for metric, figure in programme_metrics().items() %}
    select
        organization_id,
        first_campaign_id,
        second_campaign_id,
        '{{ metric }}' as metric,
        {% for cell, arms in cells.items() %}
        {% set condition = 'is_first_treated = ' ~ arms[0] ~ ' and is_second_treated = ' ~ arms[1] %}
        coalesce(sum(case when {{ condition }} then households end), 0) as {{ cell }}_households,
        sum(case when {{ condition }} then buyers end) as {{ cell }}_buyers,
        sum(case when {{ condition }} then {{ figure }} end) as {{ cell }}_y,
        sum(case when {{ condition }} then squared_{{ figure }} end) as {{ cell }}_yy{{ "," if not loop.last }}
        {% endfor %}
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
),

judged as (
    select
        *,
        {{ chi_square_upper_tail('independence_statistic', '1.0e0') }} as independence_p_value
    from effects
),

with_status as (
    select
        *,
        case
            when fewest_households = 0 then 'no_holdout'
            when coalesce(independence_p_value < 0.001, false) then 'not_independent'
            when fewest_buyers < 5 then 'too_few_conversions'
            else 'ok'
        end as interaction_status
    from judged
),

interactions as (
    select
        organization_id,
        first_campaign_id,
        second_campaign_id,
        metric,
        {% for cell in cells %}
        cast({{ cell }}_households as bigint) as {{ cell }}_households,
        {% endfor %}
        {% for cell in cells %}
        {{ cell }}_mean,
        {% endfor %}
        {% set usable = "case when interaction_status = 'ok' then interaction_standard_error end" %}
        {% for effect, scale in {'first_main_effect': 0.5, 'second_main_effect': 0.5, 'interaction': 1.0}.items() %}
        {{ effect }},
        {{ effect }} - {{ z_95() }} * {{ scale }} * {{ usable }} as {{ effect }}_ci_low,
        {{ effect }} + {{ z_95() }} * {{ scale }} * {{ usable }} as {{ effect }}_ci_high,
        {% endfor %}
        independence_p_value,
        interaction_status
    from with_status
)

select * from interactions
