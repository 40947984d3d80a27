-- One row per campaign, reason and currency: the orders that matched but broke a rule, and the money in them.
select
    organization_id,
    campaign_id,
    reason,
    match_method,
    currency,
    count(*) as orders,
    sum(net_amount) as net_amount
from {{ ref('fct_order_attributions') }}
where attribution_status = 'rejected'
group by organization_id, campaign_id, reason, match_method, currency
order by organization_id, campaign_id, orders desc, currency
