-- One row per order, matched or not: which campaign it is credited to, or why to none.
-- A rejected order keeps the columns of the winner that broke a rule.
{{ config(
    materialized='incremental',
    incremental_strategy='replace_scope',
    on_schema_change='fail',
    meta={'scope': 'int_orders__to_decide', 'keys': order_key()},
) }}
with
orders as (select * from {{ ref('int_orders__decided') }}),

verdicts as (select * from {{ ref('int_order_verdicts') }}),

attributions as (
    select
        orders.organization_id,
        orders.order_id,
        orders.provider,
        orders.ordered_at,
        orders.currency,
        orders.total_amount,
        orders.net_amount,
        case
            when verdicts.is_excluded then 'excluded'
            when not verdicts.has_winner then 'unmatched'
            when verdicts.reason is not null then 'rejected'
            when verdicts.is_holdout then 'holdout'
            else 'attributed'
        end as attribution_status,
        verdicts.reason,
        verdicts.match_method,
        verdicts.matched_on,
        verdicts.match_tier,
        verdicts.campaign_id,
        verdicts.recipient_id,
        verdicts.is_holdout,
        verdicts.window_start_at,
        {{ whole_days_between('verdicts.window_start_at', 'orders.ordered_at') }} as days_since_window_start,
        verdicts.has_winner and verdicts.reason is null as passes_rules,
        verdicts.is_archived
    from orders
    inner join verdicts
        on orders.organization_id = verdicts.organization_id
        and orders.order_id = verdicts.order_id
)

select * from attributions
