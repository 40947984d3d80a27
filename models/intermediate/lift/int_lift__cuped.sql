-- One row per campaign and metric: the slope of the metric on prior revenue over the households of both arms, and the
-- mean prior revenue of a recipient of both. Null where prior revenue does not vary.
with
sizes as (
    select *
    from {{ ref('int_lift__sizes') }}
    where cut = 'campaign'
),

sums as (select * from {{ ref('int_lift__sums') }}),

pooled as (
    {% for metric, figure in adjusted_metrics().items() %}
    select
        sizes.organization_id,
        sizes.campaign_id,
        {% for name, column in {
            'n': 'recipients', 'nn': 'recipients_recipients',
        }.items() %}
        cast(sizes.treated_{{ column }} + sizes.holdout_{{ column }} as double) as {{ name }},
        {% endfor %}
        {% for name, column in {
            'x': 'prior_revenue', 'nx': 'recipients_prior_revenue', 'xx': 'prior_revenue_prior_revenue',
            'y': figure, 'ny': 'recipients_' ~ figure, 'xy': 'prior_revenue_' ~ figure,
        }.items() %}
        cast(sums.treated_{{ column }} + sums.holdout_{{ column }} as double) as {{ name }},
        {% endfor %}
        '{{ metric }}' as metric
    from sizes
    inner join sums
        on sizes.organization_id = sums.organization_id
        and sizes.campaign_id = sums.campaign_id
    {{ "union all" if not loop.last }}
    {% endfor %}
),

means as (
    select
        *,
        x / n as mean_x,
        y / n as mean_y
    from pooled
),

slopes as (
    select
        organization_id,
        campaign_id,
        metric,
        mean_x as prior_revenue_mean,
        (xy - mean_y * nx - mean_x * ny + mean_x * mean_y * nn)
        / nullif(greatest(xx - 2 * mean_x * nx + mean_x * mean_x * nn, 0), 0) as slope
    from means
)

select * from slopes
