-- One row per household and thing that is amiss with some of its members: how many of them, in each arm.
-- `not_mailable`: without an address key, or excluded.
{% set told = ['organization_id', 'campaign_id', 'recipient_id', 'household_key', 'is_holdout'] | join(', ') %}
with
flags as (select * from {{ ref('int_lift__recipient_flags') }}),

households as (select * from {{ ref('int_lift__households') }}),

all_flags as (
    select
        {{ told }},
        flag
    from flags
    union all
    select distinct
        {{ told }},
        'not_mailable' as flag
    from flags
    where flag in ('without_address_key', 'excluded')
),

counted as (
    select
        organization_id,
        campaign_id,
        household_key,
        flag,
        count(case when not is_holdout then 1 end) as treated_flagged,
        count(case when is_holdout then 1 end) as holdout_flagged
    from all_flags
    group by organization_id, campaign_id, household_key, flag
),

with_sizes as (
    select
        counted.organization_id,
        counted.campaign_id,
        counted.household_key,
        counted.flag,
        cast(counted.treated_flagged as decimal(18, 4)) as treated_flagged,
        cast(counted.holdout_flagged as decimal(18, 4)) as holdout_flagged,
        households.treated_recipients,
        households.holdout_recipients
    from counted
    inner join households
        on counted.organization_id = households.organization_id
        and counted.campaign_id = households.campaign_id
        and counted.household_key = households.household_key
)

select * from with_sizes
