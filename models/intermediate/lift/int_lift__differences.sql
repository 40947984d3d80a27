-- One row per campaign, period, metric, estimator and part of the campaign: the ratios of both arms, their difference
-- and their ratio, with household-clustered standard errors (delta method on household sums; households with members in
-- both arms by their covariance) and Satterthwaite's degrees of freedom. Null where an arm has fewer than two
-- households; the ratio also where the holdout's mean is not positive.
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
        {{ clustered_covariance() }} as covariance,
        -- nothing is so much more than what is not positive
        case when holdout_mean > 0 then holdout_mean end as baseline
    from means
),

differences as (
    select
        {{ (moment_key() + moment_counts()) | join(', ') }},
        treated_mean,
        holdout_mean,
        treated_mean - holdout_mean as absolute_lift,
        sqrt(greatest(treated_variance + holdout_variance - 2 * covariance, 0)) as absolute_lift_standard_error,
        treated_mean / baseline - 1 as relative_lift,
        sqrt(greatest(
            treated_variance / power(baseline, 2)
            + treated_mean * treated_mean * holdout_variance / power(baseline, 4)
            - 2 * treated_mean * covariance / power(baseline, 3), 0
        )) as relative_lift_standard_error,
        {{ clustered_degrees_of_freedom() }} as degrees_of_freedom,
        treated_variance,
        holdout_variance,
        last_created_at
    from variances
)

select * from differences
