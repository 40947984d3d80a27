-- One row per campaign and household of which somebody ordered in a period of lift: the sums over its members in each
-- arm. A household with members in both arms has figures in both. Decimals, so that sums of them are the same in any
-- order.
with
outcomes as (
    select *
    from {{ ref('int_lift__outcomes') }}
    where orders > 0 or placebo_orders > 0 or prior_orders > 0 or prior_revenue_amount <> 0
),

thresholds as (select * from {{ ref('int_lift__winsor_thresholds') }}),

households as (select * from {{ ref('int_lift__households') }}),

winsorised as (
    select
        outcomes.*,
        least(outcomes.revenue_amount, thresholds.threshold_amount) as winsorised_revenue_amount
    from outcomes
    left join thresholds
        on outcomes.organization_id = thresholds.organization_id
        and outcomes.campaign_id = thresholds.campaign_id
),

per_household as (
    select
        organization_id,
        campaign_id,
        household_key,
        {% for arm, condition in [('treated', 'not is_holdout'), ('holdout', 'is_holdout')] %}
        {% for figure, value in household_figures().items() %}
        cast(sum(case when {{ condition }} then {{ value }} else 0 end) as decimal(18, 4)) as {{ arm }}_{{ figure }},
        {% endfor %}
        {% endfor %}
        count(*) as ordering_recipients
    from winsorised
    group by organization_id, campaign_id, household_key
),

with_sizes as (
    select
        per_household.*,
        households.segment,
        households.treated_recipients,
        households.holdout_recipients,
        households.has_bought_before,
        households.drop_date
    from per_household
    inner join households
        on per_household.organization_id = households.organization_id
        and per_household.campaign_id = households.campaign_id
        and per_household.household_key = households.household_key
)

select * from with_sizes
