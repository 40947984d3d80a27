-- One row per organization and kind of part with at least three organic shares: the t of a 95 % predictive interval for
-- one more. Two degrees of freedom are spent, on the mean and on the variance between parts.
with
pools as (
    select
        organization_id,
        cut,
        degrees_of_freedom
    from {{ ref('int_lift__organic_pools') }}
    where degrees_of_freedom >= 1
),

{{ student_t_quantile_steps('pools', '0.05e0', z_95(), 'degrees_of_freedom', steps=2) }},

predictive as (
    select
        organization_id,
        cut,
        critical_t as predictive_t
    from with_critical_t
)

select * from predictive
