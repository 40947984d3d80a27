-- One row per candidate with the priority of its method. A method that is switched off keeps its candidates, vetoed, so
-- that one can see what it would have done. In a tick: of the orders that it decides anew.
{{ config(materialized='view') }}
with
methods as (select * from {{ ref('match_methods') }}),

candidates as (
    {{ in_scope(ref('int_match_candidates__unioned'), 'int_orders__to_decide', order_key()) | indent(4) }}
),

prioritised as (
    select
        candidates.organization_id,
        candidates.order_id,
        candidates.match_method,
        candidates.matched_on,
        candidates.campaign_id,
        candidates.recipient_id,
        candidates.match_tier,
        candidates.match_reason,
        coalesce(candidates.veto_reason, case when not methods.is_enabled then 'method_disabled' end) as veto_reason,
        methods.priority,
        candidates.competing_recipients,
        candidates.is_holdout,
        candidates.window_start_at
    from candidates
    inner join methods on candidates.match_method = methods.match_method
)

select * from prioritised
