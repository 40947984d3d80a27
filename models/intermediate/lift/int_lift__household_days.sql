-- One row per household and day of the window on which its members ordered: by arm, what they had done by the end of that
-- day and by its start.
{% set figures = adjusted_metrics().values() %}
with
orders as (
    select *
    from {{ ref('int_lift__window_orders') }}
    where period = 'lift'
),

recipients as (select * from {{ ref('int_lift__outcomes') }}),

first_days as (
    select
        organization_id,
        campaign_id,
        recipient_id,
        days_since_opening,
        count(*) as orders,
        sum(revenue_amount) as revenue,
        case
            when min(days_since_opening) = min(min(days_since_opening)) over (
                partition by organization_id, campaign_id, recipient_id
            ) then 1
            else 0
        end as buyers
    from orders
    group by organization_id, campaign_id, recipient_id, days_since_opening
),

days as (
    select
        first_days.organization_id,
        first_days.campaign_id,
        recipients.household_key,
        first_days.days_since_opening,
        {% for arm, condition in [('treated', 'not recipients.is_holdout'), ('holdout', 'recipients.is_holdout')] %}
        {% for figure in figures %}
        cast(sum(case when {{ condition }} then first_days.{{ figure }} else 0 end) as decimal(18, 4))
            as {{ arm }}_{{ figure }}_added,
        {% endfor %}
        {% endfor %}
        count(*) as ordering_recipients
    from first_days
    inner join recipients
        on first_days.organization_id = recipients.organization_id
        and first_days.campaign_id = recipients.campaign_id
        and first_days.recipient_id = recipients.recipient_id
    group by
        first_days.organization_id,
        first_days.campaign_id,
        recipients.household_key,
        first_days.days_since_opening
),

running as (
    select
        *,
        {% for arm in ['treated', 'holdout'] %}
        {% for figure in figures %}
        cast(sum({{ arm }}_{{ figure }}_added) over (
            partition by organization_id, campaign_id, household_key
            order by days_since_opening
        ) as decimal(18, 4)) as {{ arm }}_{{ figure }}_after{{ "," if not (loop.last and arm == 'holdout') }}
        {% endfor %}
        {% endfor %}
    from days
)

select * from running
