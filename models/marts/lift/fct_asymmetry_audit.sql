-- One row per campaign, rule of credit that treats the arms differently, key it works by and metric: what lift would
-- say if it had that rule, and how much of that the rule invents.
with
differences as (select * from {{ ref('int_lift__audit_differences') }}),

lift as (select * from {{ ref('fct_campaign_lift') }}),

tested as (
    select
        *,
        invented_lift / nullif(invented_lift_standard_error, 0) as z_statistic
    from differences
),

audit as (
    select
        tested.organization_id,
        tested.campaign_id,
        tested.rule,
        tested.match_key,
        tested.metric,
        tested.treated_orders_change,
        tested.holdout_orders_change,
        lift.absolute_lift as symmetric_lift,
        lift.absolute_lift + tested.invented_lift as naive_lift,
        tested.invented_lift,
        tested.invented_lift_standard_error,
        tested.invented_lift - {{ z_95() }} * tested.invented_lift_standard_error as invented_lift_ci_low,
        tested.invented_lift + {{ z_95() }} * tested.invented_lift_standard_error as invented_lift_ci_high,
        2 * {{ normal_upper_tail('abs(tested.z_statistic)') }} as p_value,
        lift.lift_status
    from tested
    inner join lift
        on tested.organization_id = lift.organization_id
        and tested.campaign_id = lift.campaign_id
        and tested.metric = lift.metric
)

select * from audit
