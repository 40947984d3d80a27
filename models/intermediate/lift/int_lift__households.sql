-- One row per campaign and household, the unit of the draw: recipients and outcomes of its members, per arm.
-- A household with members in both arms has figures in both. Decimals, so that sums of them are the same in any order.
with
outcomes as (select * from {{ ref('int_lift__outcomes') }}),

households as (
    select
        organization_id,
        campaign_id,
        household_key,
        {% for arm, condition in [('treated', 'not is_holdout'), ('holdout', 'is_holdout')] %}
        cast(count(case when {{ condition }} then 1 end) as decimal(18, 4)) as {{ arm }}_recipients,
        {% for period, metrics in [('lift', lift_metrics()), ('placebo', placebo_metrics())] %}
        {% for metric, value in metrics.items() %}
        cast(sum(case when {{ condition }} then {{ value }} else 0 end) as decimal(18, 4))
            as {{ arm }}_{{ period }}_{{ metric }},
        {% endfor %}
        {% endfor %}
        {% endfor %}
        max(created_at) as last_created_at
    from outcomes
    group by organization_id, campaign_id, household_key
)

select * from households
