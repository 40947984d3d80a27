-- One row per campaign, period, metric, estimator and part of the campaign: the ratios of both arms, their difference
-- and their ratio, with household-clustered standard errors (delta method on household sums; households with members in
-- both arms by their covariance) and Satterthwaite's degrees of freedom. Null where an arm has fewer than two households.
with
moments as (select * from {{ ref('int_lift__moments') }}),

means as (
    select
        *,
        treated_y / nullif(treated_n, 0) as treated_mean,
        holdout_y / nullif(holdout_n, 0) as holdout_mean
    from moments
),

residuals as (
    select
        *,
        {% for arm in ['treated', 'holdout'] %}
        -- sum over households of (y - mean * n) squared; rounding must not make it negative
        greatest(
            {{ arm }}_yy - 2 * {{ arm }}_mean * {{ arm }}_ny + {{ arm }}_mean * {{ arm }}_mean * {{ arm }}_nn, 0
        ) as {{ arm }}_residual_squares,
        {{ arm }}_households / nullif({{ arm }}_households - 1.0, 0) as {{ arm }}_correction,
        {% endfor %}
        cross_yy - treated_mean * cross_ny - holdout_mean * cross_yn + treated_mean * holdout_mean * cross_nn
            as cross_residuals
    from means
),

variances as (
    select
        *,
        treated_correction * treated_residual_squares / (treated_n * treated_n) as treated_variance,
        holdout_correction * holdout_residual_squares / (holdout_n * holdout_n) as holdout_variance,
        sqrt(treated_correction * holdout_correction) * cross_residuals / (treated_n * holdout_n) as covariance
    from residuals
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
        last_created_at
    from variances
)

select * from differences
