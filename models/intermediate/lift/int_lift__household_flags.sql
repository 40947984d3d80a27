-- One row per household and thing that is amiss with some of its members: how many of them, in each arm.
-- `not_mailable`: without an address key, or excluded.
with
flags as (select * from {{ ref('int_lift__recipient_flags') }}),

outcomes as (select * from {{ ref('int_lift__outcomes') }}),

households as (select * from {{ ref('int_lift__households') }}),

all_flags as (
    select
        organization_id,
        campaign_id,
        recipient_id,
        flag
    from flags
    union all
    select distinct
        organization_id,
        campaign_id,
        recipient_id,
        'not_mailable' as flag
    from flags
    where flag in ('without_address_key', 'excluded')
),

counted as (
    select
        outcomes.organization_id,
        outcomes.campaign_id,
        outcomes.household_key,
        all_flags.flag,
        count(case when not outcomes.is_holdout then 1 end) as treated_flagged,
        count(case when outcomes.is_holdout then 1 end) as holdout_flagged
    from all_flags
    inner join outcomes
        on all_flags.organization_id = outcomes.organization_id
        and all_flags.campaign_id = outcomes.campaign_id
        and all_flags.recipient_id = outcomes.recipient_id
    group by outcomes.organization_id, outcomes.campaign_id, outcomes.household_key, all_flags.flag
),

with_sizes as (
    select
        counted.organization_id,
        counted.campaign_id,
        counted.household_key,
        counted.flag,
        cast(counted.treated_flagged as decimal(18, 4)) as treated_flagged,
        cast(counted.holdout_flagged as decimal(18, 4)) as holdout_flagged,
        cast(households.treated_recipients as decimal(18, 4)) as treated_recipients,
        cast(households.holdout_recipients as decimal(18, 4)) as holdout_recipients
    from counted
    inner join households
        on counted.organization_id = households.organization_id
        and counted.campaign_id = households.campaign_id
        and counted.household_key = households.household_key
)

select * from with_sizes
