-- One row per campaign, metric and day of the window that is over for all recipients: the sums over households of what
-- they had done by the end of that day, as in int_lift__moments__ratios.
{% set figures = adjusted_metrics().values() %}
{% set columns = summed_columns(figures, ratio_products(figures, 'recipients')) %}
with
days as (select * from {{ ref('int_lift__days') }}),

sizes as (
    select *
    from {{ ref('int_lift__sizes') }}
    where cut = 'campaign'
),

sums as (select * from {{ ref('int_lift__day_sums') }}),

cumulated as (
    select
        days.organization_id,
        days.campaign_id,
        {% for column in columns %}
        sum(coalesce(sums.{{ column }}, 0)) over (
            partition by days.organization_id, days.campaign_id
            order by days.days_since_window_start
        ) as {{ column }},
        {% endfor %}
        days.days_since_window_start
    from days
    left join sums
        on days.organization_id = sums.organization_id
        and days.campaign_id = sums.campaign_id
        and days.days_since_window_start = sums.days_since_opening
),

complete as (
    select
        sizes.*,
        {% for column in columns %}
        cumulated.{{ column }},
        {% endfor %}
        cumulated.days_since_window_start
    from cumulated
    inner join sizes
        on cumulated.organization_id = sizes.organization_id
        and cumulated.campaign_id = sizes.campaign_id
),

moments as (
    {% for metric, figure in adjusted_metrics().items() %}
    select
        organization_id,
        campaign_id,
        'lift' as period,
        '{{ metric }}' as metric,
        'difference_in_means_household_clustered_t' as estimator,
        'day' as cut,
        cast(days_since_window_start as varchar) as cut_value,
        days_since_window_start,
        {{ counted_arms('buyers') }},
        {{ ratio_sums(figure, 'recipients') }},
        last_created_at
    from complete
    {{ "union all" if not loop.last }}
    {% endfor %}
)

select * from moments
