-- One row per campaign and ratio of `lift_ratios`: the sums over households from which every estimate of it follows. n
-- is what a household has below the line in an arm, y what it has above. A campaign to which nobody is assigned has
-- zeros.
with
sizes as (
    select *
    from {{ ref('int_lift__sizes') }}
    where cut = 'campaign'
),

sums as (select * from {{ ref('int_lift__sums') }}),

complete as (
    select
        {% for column in summed_columns(household_figures(), lift_products()) if column not in size_sums() %}
        coalesce(sums.{{ column }}, 0) as {{ column }},
        {% endfor %}
        sizes.*
    from sizes
    left join sums
        on sizes.organization_id = sums.organization_id
        and sizes.campaign_id = sums.campaign_id
),

moments as (
    {% for period, metric, estimator, above, below in lift_ratios() %}
    select
        organization_id,
        campaign_id,
        '{{ period }}' as period,
        '{{ metric }}' as metric,
        '{{ estimator }}' as estimator,
        cut,
        cut_value,
        cast(null as integer) as days_since_window_start,
        {{ counted_arms(('' if period == 'lift' else period ~ '_') ~ 'buyers') }},
        {{ ratio_sums(above, below) }},
        last_created_at
    from complete
    {{ "union all" if not loop.last }}
    {% endfor %}
)

select * from moments
