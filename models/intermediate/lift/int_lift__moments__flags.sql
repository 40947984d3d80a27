-- One row per campaign and thing that may be amiss with recipients: the sums over households from which the difference
-- of its rate between the arms follows. Nothing for what is amiss with nobody.
{% set products = [('flagged', 'flagged'), ('recipients', 'flagged')] %}
with
flags as (select * from {{ ref('int_lift__household_flags') }}),

sizes as (
    select *
    from {{ ref('int_lift__sizes') }}
    where cut = 'campaign'
),

sums as (
    select
        organization_id,
        campaign_id,
        flag,
        {{ household_sums(['flagged'], products) }}
    from flags
    group by organization_id, campaign_id, flag
),

complete as (
    select
        sizes.*,
        {% for column in summed_columns(['flagged'], products) %}
        sums.{{ column }},
        {% endfor %}
        sums.flag
    from sums
    inner join sizes
        on sums.organization_id = sizes.organization_id
        and sums.campaign_id = sizes.campaign_id
),

moments as (
    select
        organization_id,
        campaign_id,
        'check' as period,
        flag as metric,
        'difference_in_means_household_clustered_t' as estimator,
        cut,
        cut_value,
        cast(null as integer) as days_since_window_start,
        {{ counted_arms('flagged') }},
        {{ ratio_sums('flagged', 'recipients') }},
        last_created_at
    from complete
)

select * from moments
