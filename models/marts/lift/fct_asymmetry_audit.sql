-- One row per campaign, rule of credit that treats the arms differently, key it works by and metric: what lift would
-- say if it had that rule, and how much of that the rule invents.
with
differences as (select * from {{ ref('int_lift__audit_differences') }}),

lift as (select * from {{ ref('fct_campaign_lift') }}),

invented as (
    select
        differences.organization_id,
        differences.campaign_id,
        differences.rule,
        differences.match_key,
        differences.metric,
        differences.treated_orders_change,
        differences.holdout_orders_change,
        lift.absolute_lift,
        case when lift.lift_status <> 'other_currency' then differences.invented_lift end as invented_lift,
        case when lift.lift_status <> 'other_currency' then differences.invented_lift_standard_error end
            as invented_lift_standard_error,
        lift.lift_status
    from differences
    inner join lift
        on differences.organization_id = lift.organization_id
        and differences.campaign_id = lift.campaign_id
        and differences.metric = lift.metric
),

audit as (
    select
        organization_id,
        campaign_id,
        rule,
        match_key,
        metric,
        treated_orders_change,
        holdout_orders_change,
        absolute_lift as symmetric_lift,
        absolute_lift + invented_lift as naive_lift,
        invented_lift,
        invented_lift_standard_error,
        invented_lift - {{ z_95() }} * invented_lift_standard_error as invented_lift_ci_low,
        invented_lift + {{ z_95() }} * invented_lift_standard_error as invented_lift_ci_high,
        2 * {{ normal_upper_tail('abs(invented_lift / nullif(invented_lift_standard_error, 0))') }} as p_value,
        lift_status
    from invented
)

select * from audit
