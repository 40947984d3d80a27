-- What each campaign was credited with as it was told at a time: the last event of each order up to then. By default
-- now; another time is the variable told_at:
-- dbt compile --select credit_as_of --vars '{told_at: "2026-06-30 00:00:00"}'
{% set told_at = var('told_at', none) or run_started_at.strftime('%Y-%m-%d %H:%M:%S.%f') %}

with
events as (
    select *
    from {{ ref('fct_attribution_events') }}
    where decided_at <= cast('{{ told_at }}' as timestamp)
),

attributions as (
    select *
    from events
    qualify row_number() over (partition by organization_id, order_id order by event_number desc) = 1
),

credited as (
    select
        organization_id,
        campaign_id,
        currency,
        count(*) as orders,
        sum(net_amount) as net_amount
    from attributions
    where attribution_status = 'attributed' and not is_withdrawn
    group by organization_id, campaign_id, currency
)

select * from credited
order by organization_id, campaign_id, currency
