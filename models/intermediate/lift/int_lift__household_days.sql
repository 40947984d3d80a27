-- One row per household and day of the window on which its members ordered, with its size: by arm, what was added on
-- that day, and what they had done by the end of it.
{% set figures = arm_figures(adjusted_metrics().values()) %}
{% set known = [
    'organization_id', 'campaign_id', 'household_key', 'treated_recipients', 'holdout_recipients', 'days_since_opening',
] | join(', ') %}
with
purchases as (select * from {{ ref('int_lift__household_purchases') }}),

-- of one order, as most are, the day is the order; the others' are summed
added as (
    select
        {% for column in figures %}
        {{ total(column) }} as {{ column }}_added,
        {% endfor %}
        {{ known }}
    from purchases
    where household_orders > 1
    group by {{ known }}
),

days as (
    select
        {% for column in figures %}
        {{ column }} as {{ column }}_added,
        {{ column }} as {{ column }}_after,
        {% endfor %}
        {{ known }}
    from purchases
    where household_orders = 1
    union all
    select
        {% for column in figures %}
        {{ column }}_added,
        cast(sum({{ column }}_added) over (
            partition by organization_id, campaign_id, household_key
            order by days_since_opening
        ) as {{ total_type() }}) as {{ column }}_after,
        {% endfor %}
        {{ known }}
    from added
)

select * from days
