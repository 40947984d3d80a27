-- One row per campaign with an interval and metric: what a plan for the next list takes from it. The variance per
-- recipient is that of the arm's mean times its recipients, households kept together; over the variance of recipients
-- taken one by one it is the household design effect.
with
tests as (
    select *
    from {{ ref('int_lift__estimates') }}
    where period = 'lift'
        and cut = 'campaign'
        and estimator = 'difference_in_means_household_clustered_t'
        and critical_t is not null
),

squares as (select * from {{ ref('int_plan__recipient_squares') }}),

histories as (
    select
        tests.organization_id,
        tests.campaign_id,
        tests.metric,
        tests.treated_recipients + tests.holdout_recipients as recipients,
        tests.holdout_mean,
        {% for arm in ['treated', 'holdout'] %}
        tests.{{ arm }}_variance * tests.{{ arm }}_recipients as {{ arm }}_variance_per_recipient,
        (squares.{{ arm }}_squares - tests.{{ arm }}_recipients * tests.{{ arm }}_mean * tests.{{ arm }}_mean)
        / (tests.{{ arm }}_recipients - 1) as {{ arm }}_single_variance,
        {% endfor %}
        tests.absolute_lift
    from tests
    inner join squares
        on tests.organization_id = squares.organization_id
        and tests.campaign_id = squares.campaign_id
        and tests.metric = squares.metric
    where tests.treated_recipients > 1 and tests.holdout_recipients > 1
),

with_effect as (
    select
        organization_id,
        campaign_id,
        metric,
        recipients,
        holdout_mean,
        absolute_lift,
        treated_variance_per_recipient,
        holdout_variance_per_recipient,
        (treated_variance_per_recipient + holdout_variance_per_recipient)
        / nullif(treated_single_variance + holdout_single_variance, 0) as household_design_effect
    from histories
)

select * from with_effect
