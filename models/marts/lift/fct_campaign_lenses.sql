-- One row per campaign and segment (`(all)` for the whole): what codes alone, matchback and the holdout say the mail
-- brought in. None is a bound on another: people buy without their code, others find it elsewhere, and who was mailed
-- may have bought anyway or have bought elsewhere for the mail. The organic share is not clipped: below 0 or above 1 it
-- says so.
with
lenses as (select * from {{ ref('int_lift__lenses') }}),

shrunk as (
    select
        *,
        {{ shrinkage_towards_pool('organic_share_standard_error') }} as shrinkage,
        predictive_t * sqrt(between_variance + pooled_variance) as predictive_half_width
    from lenses
),

pooled as (
    select
        *,
        {{ shrunk_effect('organic_share', 'pooled_share') }} as shrunk_organic_share,
        {{ shrunk_standard_error('organic_share_standard_error') }} as shrunk_standard_error,
        holdout_recipients = 0 and treated_recipients > 0 and predictive_half_width is not null as is_extrapolated
    from shrunk
),

told as (
    select
        organization_id,
        campaign_id,
        cut_value as segment,
        treated_recipients,
        holdout_recipients,
        codes_only_orders,
        codes_only_revenue_amount,
        matchback_orders,
        matchback_revenue,
        holdout_orders,
        holdout_orders_ci_low,
        holdout_orders_ci_high,
        holdout_revenue,
        holdout_revenue_ci_low,
        holdout_revenue_ci_high,
        organic_share,
        organic_share - critical_t * organic_share_standard_error as organic_share_ci_low,
        organic_share + critical_t * organic_share_standard_error as organic_share_ci_high,
        parts as pooled_parts,
        pooled_share as pooled_organic_share,
        shrunk_organic_share,
        shrunk_organic_share - {{ z_95() }} * shrunk_standard_error as shrunk_organic_share_ci_low,
        shrunk_organic_share + {{ z_95() }} * shrunk_standard_error as shrunk_organic_share_ci_high,
        case when is_extrapolated then matchback_orders * (1 - pooled_share) end as extrapolated_orders,
        case
            when is_extrapolated then matchback_orders * (1 - pooled_share - predictive_half_width)
        end as extrapolated_orders_low,
        case
            when is_extrapolated then matchback_orders * (1 - pooled_share + predictive_half_width)
        end as extrapolated_orders_high,
        case
            when holdout_orders_ci_low is not null then 'measured'
            when is_extrapolated then 'extrapolated'
            else 'unknown'
        end as incremental_basis,
        lift_status
    from pooled
)

select * from told
