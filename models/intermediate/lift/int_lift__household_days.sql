-- One row per household and day of the window on which its members ordered: by arm, what was added on that day, and
-- what they had done by the end of it.
{% set figures = adjusted_metrics().values() %}
with
orders as (
    select *
    from {{ ref('int_lift__window_orders') }}
    where period = 'lift'
),

recipients as (
    select *
    from {{ ref('int_lift__recipient_orders') }}
    where first_day is not null
),

-- whoever buys becomes a buyer on the first day
events as (
    select
        organization_id,
        campaign_id,
        household_key,
        days_since_opening,
        is_holdout,
        0 as buyers,
        1 as orders,
        revenue_amount as revenue
    from orders
    union all
    select
        organization_id,
        campaign_id,
        household_key,
        first_day as days_since_opening,
        is_holdout,
        1 as buyers,
        0 as orders,
        0 as revenue
    from recipients
),

days as (
    select
        organization_id,
        campaign_id,
        household_key,
        days_since_opening,
        {% for arm, condition in [('treated', 'not is_holdout'), ('holdout', 'is_holdout')] %}
        {% for figure in figures %}
        cast(sum(case when {{ condition }} then {{ figure }} else 0 end) as decimal(18, 4))
            as {{ arm }}_{{ figure }}_added,
        {% endfor %}
        {% endfor %}
        count(*) as events
    from events
    group by organization_id, campaign_id, household_key, days_since_opening
),

running as (
    select
        {% for arm in ['treated', 'holdout'] %}
        {% for figure in figures %}
        cast(sum({{ arm }}_{{ figure }}_added) over (
            partition by organization_id, campaign_id, household_key
            order by days_since_opening
        ) as decimal(18, 4)) as {{ arm }}_{{ figure }}_after,
        {% endfor %}
        {% endfor %}
        *
    from days
)

select * from running
