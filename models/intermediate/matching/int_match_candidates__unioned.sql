-- One row per order, method, campaign and recipient: the candidates of all methods with their priority.
-- A method that is switched off keeps its candidates, vetoed, so that one can see what it would have done.
with
methods as (select * from {{ ref('match_methods') }}),

unioned as (
    {% for method in ['email', 'address', 'discount_code', 'holdout'] %}
    select * from {{ ref('int_match_candidates__' ~ method) }}
    {{ "union all" if not loop.last }}
    {% endfor %}
),

prioritised as (
    select
        unioned.organization_id,
        unioned.order_id,
        unioned.match_method,
        unioned.matched_on,
        unioned.campaign_id,
        unioned.recipient_id,
        unioned.match_tier,
        unioned.match_reason,
        coalesce(unioned.veto_reason, case when not methods.is_enabled then 'method_disabled' end) as veto_reason,
        methods.priority,
        unioned.competing_recipients,
        unioned.is_holdout,
        unioned.window_start_at
    from unioned
    inner join methods on unioned.match_method = methods.match_method
)

select * from prioritised
