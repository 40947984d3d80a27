-- One row per campaign and metric: the moments of the metric less what prior revenue predicts of it (CUPED). A
-- household's y becomes y - slope * (x - mean * n), whose sums of squares and products follow from those of y, x and n.
with
moments as (
    select *
    from {{ ref('int_lift__moments__ratios') }}
    where period = 'lift' and estimator = 'difference_in_means_household_clustered_t'
),

sums as (select * from {{ ref('int_lift__sums') }}),

slopes as (
    select
        *,
        slope * prior_revenue_mean as shift
    from {{ ref('int_lift__cuped') }}
    where slope is not null
),

joined as (
    {% for metric, figure in adjusted_metrics().items() %}
    select
        moments.*,
        slopes.slope,
        slopes.shift,
        {% for arm in ['treated', 'holdout'] %}
        cast(sums.{{ arm }}_prior_revenue as double) as {{ arm }}_x,
        cast(sums.{{ arm }}_recipients_prior_revenue as double) as {{ arm }}_nx,
        cast(sums.{{ arm }}_prior_revenue_prior_revenue as double) as {{ arm }}_xx,
        cast(sums.{{ arm }}_prior_revenue_{{ figure }} as double) as {{ arm }}_xy,
        {% endfor %}
        cast(sums.cross_prior_revenue_recipients as double) as cross_xn,
        cast(sums.cross_recipients_prior_revenue as double) as cross_nx,
        cast(sums.cross_prior_revenue_prior_revenue as double) as cross_xx,
        cast(sums.cross_prior_revenue_{{ figure }} as double) as cross_xy,
        cast(sums.cross_{{ figure }}_prior_revenue as double) as cross_yx
    from moments
    inner join sums
        on moments.organization_id = sums.organization_id
        and moments.campaign_id = sums.campaign_id
    inner join slopes
        on moments.organization_id = slopes.organization_id
        and moments.campaign_id = slopes.campaign_id
        and moments.metric = slopes.metric
    where moments.metric = '{{ metric }}'
    {{ "union all" if not loop.last }}
    {% endfor %}
),

adjusted as (
    select
        organization_id,
        campaign_id,
        period,
        metric,
        'cuped_household_clustered_t' as estimator,
        cut,
        cut_value,
        {{ moment_counts() | join(', ') }},
        {% for arm in ['treated', 'holdout'] %}
        {{ arm }}_n,
        {{ arm }}_nn,
        {{ arm }}_y - slope * {{ arm }}_x + shift * {{ arm }}_n as {{ arm }}_y,
        {{ arm }}_ny - slope * {{ arm }}_nx + shift * {{ arm }}_nn as {{ arm }}_ny,
        {{ arm }}_yy + slope * slope * {{ arm }}_xx + shift * shift * {{ arm }}_nn
        - 2 * slope * {{ arm }}_xy + 2 * shift * {{ arm }}_ny - 2 * slope * shift * {{ arm }}_nx as {{ arm }}_yy,
        {% endfor %}
        cross_nn,
        cross_ny - slope * cross_nx + shift * cross_nn as cross_ny,
        cross_yn - slope * cross_xn + shift * cross_nn as cross_yn,
        cross_yy + slope * slope * cross_xx + shift * shift * cross_nn - slope * (cross_xy + cross_yx)
        + shift * (cross_ny + cross_yn) - slope * shift * (cross_nx + cross_xn) as cross_yy,
        last_created_at
    from joined
)

select * from adjusted
