-- One row per campaign, period, metric, estimator and part of the campaign: the ratios of both arms, their difference
-- and their ratio, with household-clustered standard errors (delta method on household sums; households with members in
-- both arms by their covariance) and Satterthwaite's degrees of freedom. Null where an arm has fewer than two
-- households.
with
moments as (select * from {{ ref('int_lift__moments') }}),

means as (
    select
        *,
        treated_y / nullif(treated_n, 0) as treated_mean,
        holdout_y / nullif(holdout_n, 0) as holdout_mean
    from moments
),

variances as (
    select
        *,
        {{ clustered_variance('treated') }} as treated_variance,
        {{ clustered_variance('holdout') }} as holdout_variance,
        {{ clustered_covariance() }} as covariance
    from means
),

differences as (
    select
        {{ (moment_key() + moment_counts()) | join(', ') }},
        treated_mean,
        holdout_mean,
        treated_mean - holdout_mean as absolute_lift,
        sqrt(greatest(treated_variance + holdout_variance - 2 * covariance, 0)) as absolute_lift_standard_error,
        treated_mean / nullif(holdout_mean, 0) - 1 as relative_lift,
        sqrt(greatest(
            treated_variance / nullif(holdout_mean * holdout_mean, 0)
            + treated_mean * treated_mean * holdout_variance / nullif(power(holdout_mean, 4), 0)
            - 2 * treated_mean * covariance / nullif(power(holdout_mean, 3), 0), 0
        )) as relative_lift_standard_error,
        power(treated_variance + holdout_variance - 2 * covariance, 2) / nullif(
            power(treated_variance, 2) / nullif(treated_households - 1.0, 0)
            + power(holdout_variance, 2) / nullif(holdout_households - 1.0, 0), 0
        ) as degrees_of_freedom,
        treated_variance,
        holdout_variance,
        last_created_at
    from variances
)

select * from differences
