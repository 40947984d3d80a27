-- One row per organization with a campaign whose profit is known: what a piece of its mail earns. Their mean and the
-- variance between campaigns are what may be believed of the next one.
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
        tests.absolute_lift * mailings.usable_margin_rate - cast(mailings.piece_cost_amount as double) as effect,
        tests.absolute_lift_standard_error * mailings.usable_margin_rate as effect_standard_error
    from histories
    inner join tests
        on histories.organization_id = tests.organization_id
        and histories.campaign_id = tests.campaign_id
    inner join mailings
        on histories.organization_id = mailings.organization_id
        and histories.campaign_id = mailings.campaign_id
    where tests.absolute_lift_standard_error > 0
),

{{ random_effects_steps('profits', 'organization_id', 'campaign_id') }},

priors as (
    select
        organization_id,
        cast(pool_size as bigint) as prior_campaigns,
        pooled_effect as prior_mean,
        sqrt(between_variance + pooled_variance) as prior_standard_deviation
    from with_pool
    where number_in_pool = 1
)

select * from priors
