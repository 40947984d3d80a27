-- One row per campaign with mailed recipients: the means of both arms, from which its part in the programme's lift
-- follows, and what tells whether its money can be believed. `weight` is how many mailed recipients one who was held
-- out stands for; null where nobody was.
{% set figures = programme_metrics().values() %}
with
sizes as (
    select *
    from {{ ref('int_lift__sizes') }}
    where cut = 'campaign' and treated_recipients > 0
),

sums as (select * from {{ ref('int_lift__sums') }}),

money as (select * from {{ ref('int_lift__money') }}),

campaigns as (select * from {{ ref('int_campaigns') }}),

organizations as (select * from {{ ref('int_organizations') }}),

lists as (
    select
        sizes.organization_id,
        sizes.campaign_id,
        sizes.treated_households,
        sizes.holdout_households,
        {% for arm in ['treated', 'holdout'] %}
        coalesce(sums.{{ arm }}_buyers, 0) as {{ arm }}_buyers,
        {% for figure in figures %}
        cast(coalesce(sums.{{ arm }}_{{ figure }}, 0) as double)
        / nullif(cast(sizes.{{ arm }}_recipients as double), 0) as {{ arm }}_{{ figure }}_mean,
        {% endfor %}
        sqrt(sizes.{{ arm }}_households / nullif(sizes.{{ arm }}_households - 1.0, 0)) as {{ arm }}_factor,
        {% endfor %}
        cast(sizes.treated_recipients as double) as treated_recipients,
        sizes.treated_recipients / nullif(cast(sizes.holdout_recipients as double), 0) as weight,
        sums.treated_revenue_revenue + sums.holdout_revenue_revenue as revenue_squares,
        money.revenue_skewness,
        money.orders,
        case
            when campaigns.currency = organizations.currency then money.other_currency_orders
            else money.orders
        end as other_currency_orders
    from sizes
    inner join campaigns
        on sizes.organization_id = campaigns.organization_id
        and sizes.campaign_id = campaigns.campaign_id
    inner join organizations on sizes.organization_id = organizations.organization_id
    left join sums
        on sizes.organization_id = sums.organization_id
        and sizes.campaign_id = sums.campaign_id
    left join money
        on sizes.organization_id = money.organization_id
        and sizes.campaign_id = money.campaign_id
)

select * from lists
