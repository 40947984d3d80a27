-- One row per campaign, and per segment of it: its mailed arm's orders through three lenses, all on lift's population,
-- clock, keys and currency, with the organic share they imply and that of the organization's other campaigns.
with
estimates as (
    select *
    from {{ ref('int_lift__estimates') }}
    where period = 'lift'
        and estimator = 'difference_in_means_household_clustered_t'
        and cut in ('campaign', 'segment')
),

codes as (select * from {{ ref('int_lift__code_orders') }}),

shares as (select * from {{ ref('int_lift__organic_shares') }}),

pools as (select * from {{ ref('int_lift__organic_pools') }}),

predictive as (select * from {{ ref('int_lift__predictive_t') }}),

lenses as (
    select
        orders.organization_id,
        orders.campaign_id,
        orders.cut,
        orders.cut_value,
        orders.treated_recipients,
        orders.holdout_recipients,
        coalesce(codes.orders, 0) as codes_only_orders,
        coalesce(codes.revenue_amount, 0) as codes_only_revenue_amount,
        orders.treated_mean * orders.treated_recipients as matchback_orders,
        revenue.treated_mean * revenue.treated_recipients as matchback_revenue,
        {% for lens, relation in {'holdout_orders': 'orders', 'holdout_revenue': 'revenue'}.items() %}
        {{ relation }}.incremental_total as {{ lens }},
        {{ relation }}.incremental_total_ci_low as {{ lens }}_ci_low,
        {{ relation }}.incremental_total_ci_high as {{ lens }}_ci_high,
        {% endfor %}
        shares.organic_share,
        shares.organic_share_standard_error,
        shares.critical_t,
        pools.parts,
        pools.pooled_share,
        pools.pooled_variance,
        pools.between_variance,
        predictive.predictive_t,
        orders.lift_status
    from estimates as orders
    inner join estimates as revenue
        on orders.organization_id = revenue.organization_id
        and orders.campaign_id = revenue.campaign_id
        and orders.cut = revenue.cut
        and orders.cut_value = revenue.cut_value
        and revenue.metric = 'revenue_per_recipient'
    left join codes
        on orders.organization_id = codes.organization_id
        and orders.campaign_id = codes.campaign_id
        and orders.cut = codes.cut
        and orders.cut_value = codes.cut_value
    left join shares
        on orders.organization_id = shares.organization_id
        and orders.campaign_id = shares.campaign_id
        and orders.cut = shares.cut
        and orders.cut_value = shares.cut_value
    left join pools
        on orders.organization_id = pools.organization_id
        and orders.cut = pools.cut
    left join predictive
        on orders.organization_id = predictive.organization_id
        and orders.cut = predictive.cut
    where orders.metric = 'orders_per_recipient'
)

select * from lenses
