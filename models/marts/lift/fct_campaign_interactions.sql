-- One row per pair of campaigns of an organization that overlap in time and share households, metric: the two by two of
-- those on both lists. A main effect is that of one campaign at an even mix of the other's arms; the interaction is by
-- how much one changes the other's. It is an experiment only where the two were drawn independently, which is tested.
{% set cells = ['neither', 'first', 'second', 'both'] %}
with
effects as (select * from {{ ref('int_programme__pair_effects') }}),

judged as (
    select
        *,
        {{ chi_square_upper_tail('independence_statistic', '1.0e0') }} as independence_p_value  -- noqa: PRS
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
