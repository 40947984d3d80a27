-- One row per organization with a global holdout and metric: the households that may be mailed against those that never
-- are, by what they ordered from the draw to `as_of`.
with
per_household as (select * from {{ ref('int_programme__global_orders') }}),

households as (
    select
        organization_id,
        household_key,
        bool_or(is_held_out) as is_held_out
    from {{ ref('int_programme__members') }}
    group by organization_id, household_key
),

sums as (
    {% for metric, figure in programme_metrics().items() %}
    select
        households.organization_id,
        {% for arm, condition in [
            ('treated', 'not households.is_held_out'), ('holdout', 'households.is_held_out'),
        ] %}
        count(case when {{ condition }} then 1 end) as {{ arm }}_households,
        count(case when {{ condition }} then per_household.buyers end) as {{ arm }}_buyers,
        cast(coalesce(sum(case when {{ condition }} then per_household.{{ figure }} end), 0) as double) as {{ arm }}_y,
        {% set value = '(case when ' ~ condition ~ ' then per_household.' ~ figure ~ ' end)' %}
        {{ product_total(value, value) }} as {{ arm }}_yy,
        {% endfor %}
        '{{ metric }}' as metric
    from households
    left join per_household
        on households.organization_id = per_household.organization_id
        and households.household_key = per_household.household_key
    group by households.organization_id
    {{ "union all" if not loop.last }}
    {% endfor %}
),

differences as (
    select
        organization_id,
        metric,
        treated_households,
        holdout_households,
        treated_buyers,
        holdout_buyers,
        cast(holdout_households as double) as effective_holdout_households,
        treated_y / nullif(treated_households, 0) as treated_mean,
        holdout_y / nullif(holdout_households, 0) as holdout_mean,
        greatest(treated_yy - treated_y * treated_y / nullif(treated_households, 0), 0)
        / nullif(treated_households * (treated_households - 1.0), 0)
        + greatest(holdout_yy - holdout_y * holdout_y / nullif(holdout_households, 0), 0)
        / nullif(holdout_households * (holdout_households - 1.0), 0) as variance
    from sums
)

select * from differences
