-- One row per campaign and household of which somebody ordered in a period of lift: the sums over its members in each
-- arm. A household with members in both arms has figures in both. Decimals, so that sums of them are the same in any
-- order.
{% set arms = {'treated': 'not outcomes.is_holdout', 'holdout': 'outcomes.is_holdout'} %}
{% set figures = arm_figures(household_figures()) %}
{% set known = [
    'organization_id', 'campaign_id', 'household_key', 'segment', 'treated_recipients', 'holdout_recipients',
    'has_bought_before', 'drop_date',
] %}
with
outcomes as (
    select *
    from {{ ref('int_lift__outcomes') }}
    where orders > 0 or placebo_orders > 0 or prior_orders > 0 or prior_revenue_amount <> 0
),

thresholds as (select * from {{ ref('int_lift__winsor_thresholds') }}),

of_several as (
    select *
    from {{ ref('int_lift__households') }}
    where treated_recipients + holdout_recipients > 1
),

per_recipient {{ inlined() }} (
    select
        outcomes.organization_id,
        outcomes.campaign_id,
        outcomes.household_key,
        coalesce(of_several.segment, outcomes.segment) as segment,
        {% for arm, condition in arms.items() %}
        coalesce(of_several.{{ arm }}_recipients, case when {{ condition }} then 1 else 0 end) as {{ arm }}_recipients,
        {% endfor %}
        coalesce(of_several.has_bought_before, outcomes.has_bought_before) as has_bought_before,
        coalesce(of_several.drop_date, cast(outcomes.created_at as date)) as drop_date,
        {% for arm, condition in arms.items() %}
        {% for figure, value in household_figures().items() %}
        cast(case when {{ condition }} then {{ value }} else 0 end as {{ total_type() }}) as {{ arm }}_{{ figure }},
        {% endfor %}
        {% endfor %}
        of_several.household_key is not null as is_of_several
    from outcomes
    left join thresholds
        on outcomes.organization_id = thresholds.organization_id
        and outcomes.campaign_id = thresholds.campaign_id
    left join of_several
        on outcomes.organization_id = of_several.organization_id
        and outcomes.campaign_id = of_several.campaign_id
        and outcomes.household_key = of_several.household_key
),

-- most households are of one recipient, who needs no sum: to group them all by household takes twice as long
per_household as (
    select
        {{ (figures + known) | join(', ') }}
    from per_recipient
    where not is_of_several
    union all
    select
        {% for column in figures %}
        {{ total(column) }} as {{ column }},
        {% endfor %}
        {{ known | join(', ') }}
    from per_recipient
    where is_of_several
    group by {{ known | join(', ') }}
)

select * from per_household
