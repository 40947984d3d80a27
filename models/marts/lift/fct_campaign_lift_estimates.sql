-- One row per campaign, metric and estimator besides the default one of fct_campaign_lift. Each row names its estimator
-- and what it was tuned or adjusted by; a figure that cannot be had is null.
with
estimates as (
    select *
    from {{ ref('int_lift__estimates') }}
    where period = 'lift'
        and cut = 'campaign'
        and estimator <> 'difference_in_means_household_clustered_t'
),

bands as (
    select *
    from {{ ref('int_lift__bands') }}
    where cut = 'campaign'
),

covariates as (select * from {{ ref('int_lift__covariates') }}),

slopes as (select * from {{ ref('int_lift__cuped') }}),

thresholds as (select * from {{ ref('int_lift__winsor_thresholds') }}),

defaults as (select * from {{ ref('fct_campaign_lift') }}),

unioned as (
    select
        {{ estimate_columns() | join(', ') }},
        cast(null as double) as mixture_variance,
        estimator
    from estimates
    union all
    select
        {{ estimate_columns() | join(', ') }},
        mixture_variance,
        estimator
    from bands
),

described as (
    select
        {% for column in estimate_columns() if column != 'lift_status' %}
        unioned.{{ column }},
        {% endfor %}
        case when unioned.estimator like 'cuped%' then covariates.covariate end as covariate,
        case when unioned.estimator like 'cuped%' then slopes.slope end as covariate_slope,
        case
            when unioned.estimator like 'cuped%'
                then 1 - power(unioned.absolute_lift_standard_error, 2)
                    / nullif(power(defaults.absolute_lift_standard_error, 2), 0)
        end as variance_reduction,
        case when unioned.estimator like 'winsorised%' then thresholds.threshold_amount end as threshold_amount,
        unioned.mixture_variance,
        unioned.metric <> 'average_order_value' as is_causal,
        unioned.lift_status,
        unioned.estimator
    from unioned
    left join covariates
        on unioned.organization_id = covariates.organization_id
        and unioned.campaign_id = covariates.campaign_id
    left join slopes
        on unioned.organization_id = slopes.organization_id
        and unioned.campaign_id = slopes.campaign_id
        and unioned.metric = slopes.metric
    left join thresholds
        on unioned.organization_id = thresholds.organization_id
        and unioned.campaign_id = thresholds.campaign_id
    left join defaults
        on unioned.organization_id = defaults.organization_id
        and unioned.campaign_id = defaults.campaign_id
        and unioned.metric = defaults.metric
)

select * from described
