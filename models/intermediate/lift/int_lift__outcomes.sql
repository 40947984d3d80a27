-- One row per recipient as assigned: what he or she ordered in the outcome window, in the placebo window and in the
-- year before. Every assigned recipient is here, mailed, undelivered or held out (intention to treat).
with
recipients as (select * from {{ ref('int_recipients__as_assigned') }}),

identifiers as (
    select *
    from {{ ref('int_recipient_identifiers') }}
    where reading = 'as_assigned'
),

orders as (select * from {{ ref('int_lift__recipient_orders') }}),

covariates as (select * from {{ ref('int_lift__covariates') }}),

outcomes as (
    select
        recipients.organization_id,
        recipients.campaign_id,
        recipients.recipient_id,
        identifiers.household_key,
        coalesce(recipients.segment, '(none)') as segment,
        {% for column in ['orders', 'valued_orders', 'placebo_orders', 'prior_orders', 'unknown_merchandise_orders'] %}
        coalesce(orders.{{ column }}, 0) as {{ column }},
        {% endfor %}
        coalesce(orders.lift_revenue_amount, 0) as revenue_amount,
        coalesce(orders.merchandise_amount, 0) as merchandise_amount,
        coalesce(orders.placebo_revenue_amount, 0) as placebo_revenue_amount,
        case
            when covariates.is_stated then recipients.prior_revenue_amount
            else coalesce(orders.prior_revenue_amount, 0)
        end as prior_revenue_amount,
        recipients.is_holdout,
        recipients.created_at
    from recipients
    inner join identifiers
        on recipients.organization_id = identifiers.organization_id
        and recipients.campaign_id = identifiers.campaign_id
        and recipients.recipient_id = identifiers.recipient_id
    inner join covariates
        on recipients.organization_id = covariates.organization_id
        and recipients.campaign_id = covariates.campaign_id
    left join orders
        on recipients.organization_id = orders.organization_id
        and recipients.campaign_id = orders.campaign_id
        and recipients.recipient_id = orders.recipient_id
),

with_history as (
    select
        *,
        orders > 0 as has_ordered,
        prior_orders > 0 or prior_revenue_amount > 0 as has_bought_before
    from outcomes
)

select * from with_history
