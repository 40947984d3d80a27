-- One row per household and day of the window on which its members ordered: by arm, what was added on that day, and
-- what they had done by the end of it.
{% set figures = adjusted_metrics().values() %}
with
orders as (
    select *
    from {{ ref('int_lift__window_orders') }}
    where period = 'lift'
),

recipient_days as (
    select
        organization_id,
        campaign_id,
        household_key,
        recipient_id,
        is_holdout,
        days_since_opening,
        count(*) as orders,
        sum(revenue_amount) as revenue,
        min(days_since_opening) over (partition by organization_id, campaign_id, recipient_id) as first_day
    from orders
    group by organization_id, campaign_id, household_key, recipient_id, is_holdout, days_since_opening
),

-- whoever buys becomes a buyer on the first day
bought as (
    select
        *,
        case when days_since_opening = first_day then 1 else 0 end as buyers
    from recipient_days
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
        count(*) as ordering_recipients
    from bought
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
