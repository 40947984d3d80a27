-- One row per campaign and order that either credit or lift counts and the other does not, or for the other arm: what
-- an analyst would compare who divides credited orders by mailed recipients, and holdout orders by holdouts.
with
counted as (select * from {{ ref('int_lift__counted_orders') }}),

campaigns as (select * from {{ ref('int_campaigns') }}),

credited as (
    select
        attributions.organization_id,
        attributions.campaign_id,
        attributions.recipient_id,
        attributions.order_id,
        case when attributions.currency = campaigns.currency then attributions.net_amount else 0 end as revenue_amount,
        attributions.is_holdout
    from {{ ref('fct_order_attributions') }} as attributions
    inner join campaigns
        on attributions.organization_id = campaigns.organization_id
        and attributions.campaign_id = campaigns.campaign_id
    where attributions.passes_rules
),

changes as (
    {% for sign, relation, other in [('', 'credited', 'counted'), ('-', 'counted', 'credited')] %}
    select
        {{ relation }}.organization_id,
        {{ relation }}.campaign_id,
        'all' as match_key,
        {{ relation }}.recipient_id,
        {{ relation }}.order_id,
        {{ sign }}1 as orders,
        {{ sign }}{{ relation }}.revenue_amount as revenue_amount,
        {{ relation }}.is_holdout
    from {{ relation }}
    left join {{ other }}
        on {{ relation }}.organization_id = {{ other }}.organization_id
        and {{ relation }}.campaign_id = {{ other }}.campaign_id
        and {{ relation }}.order_id = {{ other }}.order_id
        and {{ relation }}.is_holdout = {{ other }}.is_holdout
    where {{ other }}.order_id is null
    {{ "union all" if not loop.last }}
    {% endfor %}
)

select * from changes
