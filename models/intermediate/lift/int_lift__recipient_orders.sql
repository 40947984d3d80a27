-- One row per recipient with an order in a period of lift: what he or she ordered in each.
with
orders as (select * from {{ ref('int_lift__window_orders') }}),

per_recipient as (
    select
        organization_id,
        campaign_id,
        recipient_id,
        min(household_key) as household_key,
        min(case when period = 'lift' then days_since_opening end) as first_day,
        count(case when period = 'lift' then 1 end) as orders,
        count(case when period = 'lift' and is_campaign_currency then 1 end) as valued_orders,
        count(case when period = 'placebo' then 1 end) as placebo_orders,
        count(case when period = 'prior' then 1 end) as prior_orders,
        {% for period in lift_periods() %}
        {{ total("case when period = '" ~ period ~ "' then revenue_amount else 0 end") }}
            as {{ period }}_revenue_amount,
        {% endfor %}
        {{ total("case when period = 'lift' then merchandise_amount else 0 end") }} as merchandise_amount,
        count(case when period = 'lift' and is_merchandise_unknown then 1 end) as unknown_merchandise_orders,
        bool_or(is_holdout) as is_holdout
    from orders
    group by organization_id, campaign_id, recipient_id
)

select * from per_recipient
