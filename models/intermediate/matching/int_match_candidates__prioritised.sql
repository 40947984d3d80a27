-- One row per candidate with the priority of its method. A method that is switched off keeps its candidates, vetoed, so
-- that one can see what it would have done. In a tick: of the orders that it decides anew.
{{ config(materialized='view') }}
with
methods as (select * from {{ ref('match_methods') }}),

{% set columns = [
    'organization_id', 'order_id', 'match_method', 'matched_on', 'campaign_id', 'recipient_id', 'match_tier',
    'match_reason', 'veto_reason', 'competing_recipients', 'is_holdout', 'window_start_at',
] %}
candidates as (
    select
        {{ columns | join(',\n        ') }}
    from {{ ref('int_match_candidates__unioned') }}
    {% if is_tick() %}
    -- those that keep their candidates: as ranked before, without the veto that is given here
    union all
    select
        {% for column in columns %}
        {{ "nullif(veto_reason, 'method_disabled')" if column == 'veto_reason' else column }}{{ "," if not loop.last }}
        {% endfor %}
    from (
        {{ in_scope(
            as_built('int_match_candidates__ranked'), 'int_orders__to_decide', order_key(), 'not scope.is_to_match'
        ) | indent(8) }}
    ) as ranked
    {% endif %}
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
