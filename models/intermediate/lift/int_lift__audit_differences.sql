-- One row per campaign, rule of credit that treats the arms differently, key and metric: the difference between the
-- arms in what the rule changes, with its household-clustered standard error.
with
moments as (select * from {{ ref('int_lift__audit_moments') }}),

means as (
    select
        *,
        treated_y / nullif(treated_n, 0) as treated_mean,
        holdout_y / nullif(holdout_n, 0) as holdout_mean
    from moments
),

differences as (
    select
        organization_id,
        campaign_id,
        rule,
        match_key,
        metric,
        treated_orders_change,
        holdout_orders_change,
        treated_mean - holdout_mean as invented_lift,
        sqrt(greatest(
            {{ clustered_variance('treated') }}
            + {{ clustered_variance('holdout') }}
            - 2 * {{ clustered_covariance() }},
            0
        )) as invented_lift_standard_error
    from means
)

select * from differences
