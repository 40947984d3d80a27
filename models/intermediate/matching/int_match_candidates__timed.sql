-- One row per candidate with its place in the campaign's window: [start + min_age_days, start + window_days).
{{ config(materialized='view') }}
with
candidates as (select * from {{ ref('int_match_candidates__prioritised') }}),

campaigns as (select * from {{ ref('int_campaigns') }}),

orders as (select * from {{ ref('int_orders__decided') }}),

timed as (
    select
        candidates.*,
        case
            when orders.ordered_at < {{ add_days('candidates.window_start_at', 'campaigns.min_age_days') }}
                then 'before_window'
            when orders.ordered_at >= {{ add_days('candidates.window_start_at', 'campaigns.window_days') }}
                then 'after_window'
            else 'in_window'
        end as timing_status
    from candidates
    inner join campaigns
        on candidates.organization_id = campaigns.organization_id
        and candidates.campaign_id = campaigns.campaign_id
    inner join orders
        on candidates.organization_id = orders.organization_id
        and candidates.order_id = orders.order_id
)

select * from timed
