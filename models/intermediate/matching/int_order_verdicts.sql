-- One row per order: its winning candidate, if any, and the first rule that the winner breaks, if any. In a tick: of
-- the orders that it decides anew.
{{ config(materialized='view') }}
with
orders {{ inlined_but_in_ticks() }} (select * from {{ ref('int_orders__decided') }}),

exclusions as (select * from {{ ref('int_order_exclusions') }}),

winners as (
    select *
    from {{ ref('int_match_candidates__decided') }}
    where match_rank = 1
),

campaigns as (select * from {{ ref('int_campaigns') }}),

excluded_orders as (select * from {{ ref('int_order_excluded_parties') }}),

excluded_recipients as (select * from {{ ref('int_recipient_excluded_parties') }}),

blackouts as (
    select distinct
        orders.organization_id,
        orders.order_id
    from orders
    inner join {{ ref('blackout_periods') }} as periods
        on orders.organization_id = periods.organization_id
        and orders.ordered_at >= periods.starts_at
        and orders.ordered_at < periods.ends_at
),

judged as (
    select
        orders.organization_id,
        orders.order_id,
        case
            when exclusions.reason is not null then exclusions.reason
            when winners.order_id is null then null
            when excluded_orders.order_id is not null or excluded_recipients.recipient_id is not null
                then 'excluded_party'
            when orders.is_cancelled then 'order_cancelled'
            when winners.timing_status <> 'in_window' then winners.timing_status
            when blackouts.order_id is not null then 'blackout_period'
            when orders.total_amount < campaigns.minimum_order_amount then 'below_minimum'
        end as reason,
        winners.match_method,
        winners.matched_on,
        winners.campaign_id,
        winners.recipient_id,
        winners.match_tier,
        exclusions.order_id is not null as is_excluded,
        winners.order_id is not null as has_winner,
        coalesce(winners.is_holdout, false) as is_holdout,
        coalesce(campaigns.status = 'archived', false) as is_archived,
        winners.window_start_at
    from orders
    left join exclusions
        on orders.organization_id = exclusions.organization_id
        and orders.order_id = exclusions.order_id
    left join winners
        on orders.organization_id = winners.organization_id
        and orders.order_id = winners.order_id
    left join campaigns
        on winners.organization_id = campaigns.organization_id
        and winners.campaign_id = campaigns.campaign_id
    left join excluded_orders
        on orders.organization_id = excluded_orders.organization_id
        and orders.order_id = excluded_orders.order_id
    left join excluded_recipients
        on winners.organization_id = excluded_recipients.organization_id
        and winners.campaign_id = excluded_recipients.campaign_id
        and winners.recipient_id = excluded_recipients.recipient_id
    left join blackouts
        on orders.organization_id = blackouts.organization_id
        and orders.order_id = blackouts.order_id
)

select * from judged
