-- One row per campaign with recipients: how many were mailed though held out, changed the arm, are of a household in
-- both arms, or were never sent anything, and how long mail took.
with
sizes as (
    select *
    from {{ ref('int_lift__sizes') }}
    where cut = 'campaign' and treated_recipients + holdout_recipients > 0
),

campaigns as (select * from {{ ref('int_campaigns') }}),

flags as (
    select
        organization_id,
        campaign_id,
        cast(sum(case when flag = 'mailed_anyway' then holdout_flagged else 0 end) as double) as mailed_holdouts,
        cast(sum(case when flag = 'changed_is_holdout' then treated_flagged else 0 end) as double) as changed_treated,
        cast(sum(case when flag = 'changed_is_holdout' then holdout_flagged else 0 end) as double) as changed_holdouts
    from {{ ref('int_lift__household_flags') }}
    group by organization_id, campaign_id
),

mailings as (
    select
        organization_id,
        campaign_id,
        cast(count(sent_at) as double) as mailed,
        avg({{ whole_days_between('created_at', 'in_home_at') }}) as in_home_days
    from {{ ref('int_recipients__latest') }}
    group by organization_id, campaign_id
),

joined as (
    select
        sizes.organization_id,
        sizes.campaign_id,
        cast(sizes.treated_recipients as double) as treated,
        cast(sizes.holdout_recipients as double) as holdouts,
        cast(sizes.treated_households as double) as treated_households,
        cast(sizes.holdout_households as double) as holdout_households,
        cast(sizes.mixed_households as double) as mixed_households,
        coalesce(flags.mailed_holdouts, 0) as mailed_holdouts,
        coalesce(flags.changed_treated, 0) as changed_treated,
        coalesce(flags.changed_holdouts, 0) as changed_holdouts,
        coalesce(mailings.mailed, 0) as mailed,
        mailings.in_home_days as actual_in_home_days,
        campaigns.in_home_days
    from sizes
    inner join campaigns
        on sizes.organization_id = campaigns.organization_id
        and sizes.campaign_id = campaigns.campaign_id
    left join flags
        on sizes.organization_id = flags.organization_id
        and sizes.campaign_id = flags.campaign_id
    left join mailings
        on sizes.organization_id = mailings.organization_id
        and sizes.campaign_id = mailings.campaign_id
)

select * from joined
