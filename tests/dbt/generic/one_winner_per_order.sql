-- Fails with each order whose candidates include a competitor but not exactly one winner without lost_reason.
{% test one_winner_per_order(model) %}
select
    organization_id,
    order_id
from {{ model }}
group by organization_id, order_id
having count(case when lost_reason is null then 1 end)
    is distinct from max(case when match_rank is not null then 1 else 0 end)
    or count(case when match_rank = 1 then 1 end)
    is distinct from max(case when match_rank is not null then 1 else 0 end)
{% endtest %}
