-- One row per organization with a campaign whose profit is known: what a piece of its mail earns. Their mean and the
-- variance between campaigns (DerSimonian and Laird) are what may be believed of the next one.
{% set pool = 'organization_id' %}
with
histories as (
    select *
    from {{ ref('int_plan__histories') }}
    where metric = 'merchandise_per_recipient'
),

tests as (
    select *
    from {{ ref('int_lift__estimates') }}
    where period = 'lift' and cut = 'campaign' and metric = 'merchandise_per_recipient'
),

mailings as (
    select *
    from {{ ref('int_lift__mailings') }}
    where usable_margin_rate > 0 and piece_cost_amount is not null
),

profits as (
    select
        histories.organization_id,
        histories.campaign_id,
        tests.absolute_lift * mailings.usable_margin_rate - cast(mailings.piece_cost_amount as double) as profit,
        power(tests.absolute_lift_standard_error * mailings.usable_margin_rate, 2) as variance
    from histories
    inner join tests
        on histories.organization_id = tests.organization_id
        and histories.campaign_id = tests.campaign_id
    inner join mailings
        on histories.organization_id = mailings.organization_id
        and histories.campaign_id = mailings.campaign_id
    where tests.absolute_lift_standard_error > 0
),

weighed as (
    select
        *,
        {{ sum_in_order('1', pool, 'campaign_id') }} as campaigns,
        {{ sum_in_order('1 / variance', pool, 'campaign_id') }} as weights,
        {{ sum_in_order('1 / variance / variance', pool, 'campaign_id') }} as squared_weights,
        {{ sum_in_order('profit / variance', pool, 'campaign_id') }} as weighted_profits,
        {{ sum_in_order('profit * profit / variance', pool, 'campaign_id') }} as weighted_squares
    from profits
),

between_campaigns as (
    select
        *,
        coalesce(greatest(
            (weighted_squares - weighted_profits * weighted_profits / weights - (campaigns - 1))
            / nullif(weights - squared_weights / weights, 0),
            0
        ), 0) as between_variance,
        row_number() over (partition by organization_id order by campaign_id) as number_in_pool
    from weighed
),

reweighed as (
    select
        *,
        {{ sum_in_order('profit / (variance + between_variance)', pool, 'campaign_id') }}
        / {{ sum_in_order('1 / (variance + between_variance)', pool, 'campaign_id') }} as prior_mean,
        1 / {{ sum_in_order('1 / (variance + between_variance)', pool, 'campaign_id') }} as mean_variance
    from between_campaigns
),

priors as (
    select
        organization_id,
        cast(campaigns as bigint) as prior_campaigns,
        prior_mean,
        sqrt(between_variance + mean_variance) as prior_standard_deviation
    from reweighed
    where number_in_pool = 1
)

select * from priors
