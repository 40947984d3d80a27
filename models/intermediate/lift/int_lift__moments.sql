-- One row per campaign, period (lift or placebo) and metric: the sums over households from which every
-- estimate follows. n is a household's recipients in an arm, y the sum of their outcomes. A campaign to which
-- nobody is assigned has zeros.
with
campaigns as (select * from {{ ref('int_campaigns') }}),

assigned as (select * from {{ ref('int_lift__households') }}),

households as (
    select
        campaigns.organization_id,
        campaigns.campaign_id,
        {% for arm in ['treated', 'holdout'] %}
        coalesce(assigned.{{ arm }}_recipients, 0) as {{ arm }}_recipients,
        {% for period in ['lift', 'placebo'] %}
        {% for metric in lift_metrics() %}
        coalesce(assigned.{{ arm }}_{{ period }}_{{ metric }}, 0) as {{ arm }}_{{ period }}_{{ metric }},
        {% endfor %}
        {% endfor %}
        {% endfor %}
        assigned.last_created_at
    from campaigns
    left join assigned
        on campaigns.organization_id = assigned.organization_id
        and campaigns.campaign_id = assigned.campaign_id
),

moments as (
    {% for period in ['lift', 'placebo'] %}
    {% for metric in lift_metrics() %}
    {% set treated = 'treated_' ~ period ~ '_' ~ metric %}
    {% set holdout = 'holdout_' ~ period ~ '_' ~ metric %}
    select
        organization_id,
        campaign_id,
        '{{ period }}' as period,
        '{{ metric }}' as metric,
        cast(sum(treated_recipients) as double) as treated_n,
        cast(sum(holdout_recipients) as double) as holdout_n,
        count(case when treated_recipients > 0 then 1 end) as treated_households,
        count(case when holdout_recipients > 0 then 1 end) as holdout_households,
        cast(sum(treated_{{ period }}_conversion_rate) as double) as treated_buyers,
        cast(sum(holdout_{{ period }}_conversion_rate) as double) as holdout_buyers,
        cast(sum({{ treated }}) as double) as treated_y,
        cast(sum({{ holdout }}) as double) as holdout_y,
        cast(sum(treated_recipients * treated_recipients) as double) as treated_nn,
        cast(sum(holdout_recipients * holdout_recipients) as double) as holdout_nn,
        cast(sum(treated_recipients * {{ treated }}) as double) as treated_ny,
        cast(sum(holdout_recipients * {{ holdout }}) as double) as holdout_ny,
        cast(sum({{ treated }} * {{ treated }}) as double) as treated_yy,
        cast(sum({{ holdout }} * {{ holdout }}) as double) as holdout_yy,
        cast(sum(treated_recipients * holdout_recipients) as double) as cross_nn,
        cast(sum(treated_recipients * {{ holdout }}) as double) as cross_ny,
        cast(sum({{ treated }} * holdout_recipients) as double) as cross_yn,
        cast(sum({{ treated }} * {{ holdout }}) as double) as cross_yy,
        max(last_created_at) as last_created_at
    from households
    group by organization_id, campaign_id
    {{ "union all" if not (loop.last and period == 'placebo') }}
    {% endfor %}
    {% endfor %}
)

select * from moments
