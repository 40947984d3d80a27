-- One row per campaign, metric and part of it by what was known at assignment: its own lift, the lift shrunk towards
-- that of the parts it is compared with, the q-value, and what mailing such a recipient again is expected to earn.
with
cuts as (select * from {{ ref('int_lift__cuts') }}),

pools as (select * from {{ ref('int_lift__cut_pools') }}),

tests as (select * from {{ ref('int_lift__cut_tests') }}),

mailings as (select * from {{ ref('int_lift__mailings') }}),

joined as (
    select
        cuts.*,
        tests.q_value,
        pools.parts as pooled_parts,
        pools.pooled_lift,
        pools.pooled_variance,
        {{ shrinkage_towards_pool('cuts.absolute_lift_standard_error') }} as shrinkage,
        case when cuts.metric = 'merchandise_per_recipient' then mailings.usable_margin_rate end as margin_rate,
        cast(mailings.piece_cost_amount as double) as piece_cost
    from cuts
    inner join mailings
        on cuts.organization_id = mailings.organization_id
        and cuts.campaign_id = mailings.campaign_id
    {% for relation in ['pools', 'tests'] %}
    left join {{ relation }}
        on cuts.organization_id = {{ relation }}.organization_id
        and cuts.campaign_id = {{ relation }}.campaign_id
        and cuts.metric = {{ relation }}.metric
        and cuts.cut = {{ relation }}.cut
        and cuts.cut_value = {{ relation }}.cut_value
    {% endfor %}
),

shrunk as (
    select
        *,
        {{ shrunk_effect('absolute_lift', 'pooled_lift') }} as shrunk_lift,
        {{ shrunk_standard_error('absolute_lift_standard_error') }} as shrunk_standard_error
    from joined
),

judged as (
    select
        organization_id,
        campaign_id,
        cut,
        cut_value,
        metric,
        treated_recipients,
        holdout_recipients,
        treated_mean,
        holdout_mean,
        absolute_lift,
        absolute_lift_standard_error,
        absolute_lift_ci_low,
        absolute_lift_ci_high,
        p_value,
        q_value,
        pooled_parts,
        pooled_lift,
        shrinkage,
        shrunk_lift,
        shrunk_standard_error,
        shrunk_lift - {{ z_95() }} * shrunk_standard_error as shrunk_lift_ci_low,
        shrunk_lift + {{ z_95() }} * shrunk_standard_error as shrunk_lift_ci_high,
        shrunk_lift * margin_rate - piece_cost as expected_profit_per_piece,
        (shrunk_lift - {{ z_95() }} * shrunk_standard_error) * margin_rate - piece_cost
            as expected_profit_per_piece_ci_low,
        (shrunk_lift + {{ z_95() }} * shrunk_standard_error) * margin_rate - piece_cost
            as expected_profit_per_piece_ci_high,
        shrunk_lift * margin_rate > piece_cost as would_mail_again,
        lift_status
    from shrunk
)

select * from judged
