-- One row per campaign: what it is credited with beside what it really added. Credit is what the business pays
-- out on; the lift is what would not have happened without the mail.
with
performance as (
    select *
    from {{ ref('fct_campaign_performance') }}
    where match_method = 'all'
),

lift as (
    select *
    from {{ ref('fct_campaign_lift') }}
    where metric = 'orders_per_recipient'
)

select
    performance.organization_id,
    performance.campaign_id,
    performance.mailed_recipients,
    performance.orders as credited_orders,
    round(lift.incremental_total) as incremental_orders,
    round(lift.incremental_total_ci_low) as incremental_orders_low,
    round(lift.incremental_total_ci_high) as incremental_orders_high,
    performance.cost_amount,
    performance.roas as credited_roas,
    lift.lift_status
from performance
left join lift
    on performance.organization_id = lift.organization_id
    and performance.campaign_id = lift.campaign_id
order by performance.organization_id, performance.mailed_recipients desc
