-- One row per part of a campaign by what was known at assignment and metric: the sums over households from which its
-- lift follows, as in int_lift__moments__ratios.
{% set figures = cut_metrics().values() %}
with
sizes as (
    select *
    from {{ ref('int_lift__sizes') }}
    where cut <> 'campaign'
),

sums as (select * from {{ ref('int_lift__cut_sums') }}),

complete as (
    select
        {% for column in summed_columns(figures, ratio_products(figures, 'recipients')) %}
        coalesce(sums.{{ column }}, 0) as {{ column }},
        {% endfor %}
        sizes.*
    from sizes
    left join sums
        on sizes.organization_id = sums.organization_id
        and sizes.campaign_id = sums.campaign_id
        and sizes.cut = sums.cut
        and sizes.cut_value = sums.cut_value
),

moments as (
    {% for metric, figure in cut_metrics().items() %}
    select
        organization_id,
        campaign_id,
        'lift' as period,
        '{{ metric }}' as metric,
        'difference_in_means_household_clustered_t' as estimator,
        cut,
        cut_value,
        cast(null as integer) as days_since_window_start,
        {{ counted_arms('buyers') }},
        {{ ratio_sums(figure, 'recipients') }},
        last_created_at
    from complete
    {{ "union all" if not loop.last }}
    {% endfor %}
)

select * from moments
