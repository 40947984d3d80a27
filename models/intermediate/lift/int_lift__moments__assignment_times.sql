-- One row per campaign: the sums over households from which the difference between the arms follows in the mean time of
-- assignment, in days since the campaign's first. The household counts once in each arm it has members in.
with
households as (select * from {{ ref('int_lift__households') }}),

sizes as (
    select *
    from {{ ref('int_lift__sizes') }}
    where cut = 'campaign'
),

days as (
    select
        households.organization_id,
        households.campaign_id,
        households.treated_recipients,
        households.holdout_recipients,
        cast({{ days_between('sizes.first_created_at', 'households.first_created_at') }} as decimal(18, 4)) as days,
        households.last_created_at
    from households
    inner join sizes
        on households.organization_id = sizes.organization_id
        and households.campaign_id = sizes.campaign_id
),

sums as (
    select
        organization_id,
        campaign_id,
        {% for arm in ['treated', 'holdout'] %}
        cast(sum({{ arm }}_recipients) as bigint) as {{ arm }}_recipients,
        count(case when {{ arm }}_recipients > 0 then 1 end) as {{ arm }}_households,
        {% set arm_days = '(case when ' ~ arm ~ '_recipients > 0 then days end)' %}
        cast(coalesce(sum({{ arm_days }}), 0) as double) as {{ arm }}_y,
        {{ product_total(arm_days, arm_days) }} as {{ arm }}_yy,
        {% endfor %}
        {% set is_mixed = 'treated_recipients > 0 and holdout_recipients > 0' %}
        cast(count(case when {{ is_mixed }} then 1 end) as double) as cross_nn,
        {% set mixed_days = '(case when ' ~ is_mixed ~ ' then days end)' %}
        cast(coalesce(sum({{ mixed_days }}), 0) as double) as cross_ny,
        {{ product_total(mixed_days, mixed_days) }} as cross_yy,
        max(last_created_at) as last_created_at
    from days
    group by organization_id, campaign_id
),

moments as (
    select
        organization_id,
        campaign_id,
        'check' as period,
        'assignment_day' as metric,
        'difference_in_means_household_clustered_t' as estimator,
        'campaign' as cut,
        '(all)' as cut_value,
        cast(null as integer) as days_since_window_start,
        treated_recipients,
        holdout_recipients,
        treated_households,
        holdout_households,
        cast(cross_nn as bigint) as mixed_households,
        treated_recipients as treated_buyers,
        holdout_recipients as holdout_buyers,
        {% for arm in ['treated', 'holdout'] %}
        cast({{ arm }}_households as double) as {{ arm }}_n,
        {{ arm }}_y,
        cast({{ arm }}_households as double) as {{ arm }}_nn,
        {{ arm }}_y as {{ arm }}_ny,
        {{ arm }}_yy,
        {% endfor %}
        cross_nn,
        cross_ny,
        cross_ny as cross_yn,
        cross_yy,
        last_created_at
    from sums
)

select {{ (moment_key() + moment_counts() + moment_sums()) | join(', ') }}, last_created_at from moments
