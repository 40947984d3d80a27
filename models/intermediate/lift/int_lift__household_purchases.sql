-- One row per order of a household in the window, and one per buyer of a household with several orders, on the first
-- day he or she bought: what it adds to the household's sums, by arm.
{{ config(materialized='view') }}
with
households as (
    select
        organization_id,
        campaign_id,
        household_key,
        treated_recipients,
        holdout_recipients,
        treated_orders + holdout_orders as household_orders
    from {{ ref('int_lift__household_outcomes') }}
),

-- with a household's only order its buyer comes too
purchases as (
    {% for relation, day, condition, values in [
        ('int_lift__window_orders', 'days_since_opening', "events.period = 'lift'", {
            'buyers': 'case when households.household_orders = 1 then 1 else 0 end',
            'orders': '1', 'revenue': 'events.revenue_amount',
        }),
        ('int_lift__recipient_orders', 'first_day', 'households.household_orders > 1', {
            'buyers': '1', 'orders': '0', 'revenue': '0',
        }),
    ] %}
    select
        households.*,
        {% for arm, arm_condition in {'treated': 'not events.is_holdout', 'holdout': 'events.is_holdout'}.items() %}
        {% for figure in adjusted_metrics().values() %}
        cast(case when {{ arm_condition }} then {{ values[figure] }} else 0 end as decimal(18, 4))
            as {{ arm }}_{{ figure }},
        {% endfor %}
        {% endfor %}
        cast(events.{{ day }} as integer) as days_since_opening
    from {{ ref(relation) }} as events
    inner join households
        on events.organization_id = households.organization_id
        and events.campaign_id = households.campaign_id
        and events.household_key = households.household_key
    where {{ condition }} and events.{{ day }} is not null
    {{ "union all" if not loop.last }}
    {% endfor %}
)

select * from purchases
