-- One row per row of int_lift__t_tests: what makes its figures worth less than they look, each by itself. The skewness
-- of the lift follows from that of what households spent, which is known best over the campaign and grows as buyers
-- are fewer, and from how unequal the arms are: in equal ones it cancels.
with
tests as (select * from {{ ref('int_lift__t_tests') }}),

campaigns as (select * from {{ ref('int_campaigns') }}),

sizes as (select * from {{ ref('int_lift__sizes') }}),

money as (select * from {{ ref('int_lift__money') }}),

joined as (
    select
        tests.*,
        least(coalesce({{ effective_share('sizes.treated') }}, 1), coalesce({{ effective_share('sizes.holdout') }}, 1))
            as least_effective_share,
        money.orders,
        money.other_currency_orders,
        case
            when tests.estimator like 'winsorised%' then money.winsorised_revenue_skewness
            when tests.metric = 'merchandise_per_recipient' then money.merchandise_skewness
            when tests.metric in ({{ quoted(money_metrics()) }}) then money.revenue_skewness
        end
        * sqrt(money.buyers / nullif(tests.treated_buyers + tests.holdout_buyers, 0))
        * (tests.treated_households - tests.holdout_households)
        / nullif(sqrt(cast(tests.treated_households as double) * tests.holdout_households), 0) as skewness,
        tests.metric in ({{ quoted(money_metrics()) }}) as is_money,
        case
            when tests.cut <> 'day'
                then {{ add_days('tests.last_created_at', 'campaigns.in_home_days + campaigns.window_days') }}
        end as closes_at
    from tests
    inner join campaigns
        on tests.organization_id = campaigns.organization_id
        and tests.campaign_id = campaigns.campaign_id
    -- whoever is in a campaign is in it on each of its days
    left join sizes
        on tests.organization_id = sizes.organization_id
        and tests.campaign_id = sizes.campaign_id
        and case when tests.cut = 'day' then 'campaign' else tests.cut end = sizes.cut
        and case when tests.cut = 'day' then '(all)' else tests.cut_value end = sizes.cut_value
    left join money
        on tests.organization_id = money.organization_id
        and tests.campaign_id = money.campaign_id
),

cautions as (
    select
        *,
        critical_t is null as is_without_spread,
        coalesce(closes_at > {{ as_of() }}, false) as is_open,
        is_money and coalesce(2 * other_currency_orders > orders, false) as is_other_currency,
        coalesce(least_effective_share < {{ least_effective_share() }}, false) as is_dominated,
        is_money and coalesce(abs(skewness) > {{ greatest_skewness() }}, false) as is_heavy_tailed
    from joined
)

select * from cautions
