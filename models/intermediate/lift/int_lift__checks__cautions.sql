-- One row per campaign with recipients in both arms, metric and caution: money in other currencies, the skewness of the
-- lift, and figures without any spread. Whatever comes first in `lift_status`, each is told.
with
cautions as (
    select *
    from {{ ref('int_lift__cautions') }}
    where period = 'lift'
        and cut = 'campaign'
        and estimator = 'difference_in_means_household_clustered_t'
        and treated_recipients > 0
        and holdout_recipients > 0
        and treated_buyers + holdout_buyers > 0
),

checks as (
    {% for check, difference, floor, condition in [
        ('other_currency', 'other_currency_orders / orders', '0.5e0', 'is_money'),
        ('heavy_tail', 'abs(skewness)', greatest_skewness(), 'is_money'),
        ('no_spread', 'case when is_without_spread then 1e0 else 0e0 end', '0e0', 'true'),
    ] %}
    select
        organization_id,
        campaign_id,
        '{{ check }}' as check_name,
        metric as part,
        'recipients' as unit,
        treated_buyers as treated_count,
        holdout_buyers as holdout_count,
        treated_mean as treated_value,
        holdout_mean as holdout_value,
        0e0 as expected_value,
        {{ difference }} as difference,
        cast(null as double) as statistic,
        cast(null as double) as degrees_of_freedom,
        cast(null as double) as p_value,
        {{ floor }} as size_floor
    from cautions
    where {{ condition }}
    {{ "union all" if not loop.last }}
    {% endfor %}
)

select * from checks
