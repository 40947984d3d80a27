-- One row per campaign with an interval and a known profit, and share that could be held out of its list, were it
-- mailed again and then a list of the same size: what is lost on those who are not mailed, and what knowing the effect
-- better is worth to the decision on the next list. The prior is what the organization's campaigns earned per piece.
with
histories as (
    select *
    from {{ ref('int_plan__histories') }}
    where metric = 'merchandise_per_recipient'
),

shares as (select * from {{ ref('int_plan__shares') }}),

priors as (select * from {{ ref('int_plan__priors') }}),

mailings as (
    select *
    from {{ ref('int_lift__mailings') }}
    where usable_margin_rate > 0 and piece_cost_amount is not null
),

learnt as (
    select
        histories.organization_id,
        histories.campaign_id,
        histories.recipients,
        shares.holdout_share,
        priors.prior_campaigns,
        priors.prior_mean,
        priors.prior_standard_deviation,
        -- how far the belief will move, seen from now
        power(priors.prior_standard_deviation, 2) / sqrt(
            power(priors.prior_standard_deviation, 2)
            + power(mailings.usable_margin_rate, 2) * (
                histories.treated_variance_per_recipient / (histories.recipients * (1 - shares.holdout_share))
                + histories.holdout_variance_per_recipient / (histories.recipients * shares.holdout_share)
            )
        ) as movement
    from histories
    cross join shares
    inner join priors on histories.organization_id = priors.organization_id
    inner join mailings
        on histories.organization_id = mailings.organization_id
        and histories.campaign_id = mailings.campaign_id
),

valued as (
    select
        *,
        prior_mean * recipients * holdout_share as cost_of_not_mailing,
        -- nothing is learnt where the prior leaves nothing open
        coalesce(recipients * (
            prior_mean * {{ normal_upper_tail('(-prior_mean / nullif(movement, 0))') }}
            + movement * exp(-0.5 * power(prior_mean / nullif(movement, 0), 2)) * 0.39894228040143268e0
            - greatest(prior_mean, 0)
        ), 0) as value_of_knowing
    from learnt
),

holdout_values as (
    select
        organization_id,
        campaign_id,
        holdout_share,
        recipients,
        prior_campaigns,
        prior_mean,
        prior_standard_deviation,
        cost_of_not_mailing,
        value_of_knowing,
        value_of_knowing - cost_of_not_mailing as net_value,
        row_number() over (
            partition by organization_id, campaign_id
            order by value_of_knowing - cost_of_not_mailing desc, holdout_share
        ) = 1 as is_best_share
    from valued
)

select * from holdout_values
