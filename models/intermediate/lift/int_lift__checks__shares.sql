-- One row per campaign and share or delay that is judged by its size alone: holdouts mailed anyway, recipients whose arm was
-- changed, households with members in both arms, recipients to be mailed who never were, and days from assignment to the
-- letter box against the campaign's `in_home_days`.
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
),

checks as (
    {% for check, part, unit, treated, treated_of, holdout, holdout_of, floor in [
        ('contamination', 'mailed_holdouts', 'recipients', 'null', 'null', 'mailed_holdouts', 'holdouts', 0.01),
        ('contamination', 'mixed_households', 'households',
            'mixed_households', 'treated_households', 'mixed_households', 'holdout_households', 0.01),
        ('changed_after_assignment', 'is_holdout', 'recipients',
            'changed_treated', 'treated', 'changed_holdouts', 'holdouts', 0.01),
        ('undeliverable', 'never_sent', 'recipients',
            'greatest(treated - (mailed - mailed_holdouts), 0)', 'treated', 'null', 'null', 0.1),
    ] %}
    select
        organization_id,
        campaign_id,
        '{{ check }}' as check_name,
        '{{ part }}' as part,
        '{{ unit }}' as unit,
        cast({{ treated }} as bigint) as treated_count,
        cast({{ holdout }} as bigint) as holdout_count,
        cast({{ treated }} as double) / nullif({{ treated_of }}, 0) as treated_value,
        cast({{ holdout }} as double) / nullif({{ holdout_of }}, 0) as holdout_value,
        0e0 as expected_value,
        greatest(
            coalesce(cast({{ treated }} as double) / nullif({{ treated_of }}, 0), 0),
            coalesce(cast({{ holdout }} as double) / nullif({{ holdout_of }}, 0), 0)
        ) as difference,
        cast(null as double) as statistic,
        cast(null as double) as degrees_of_freedom,
        cast(null as double) as p_value,
        {{ floor }}e0 as size_floor
    from joined
    union all
    {% endfor %}
    select
        organization_id,
        campaign_id,
        'in_home_delay' as check_name,
        'days' as part,
        'recipients' as unit,
        cast(treated as bigint) as treated_count,
        cast(holdouts as bigint) as holdout_count,
        actual_in_home_days as treated_value,
        cast(null as double) as holdout_value,
        cast(in_home_days as double) as expected_value,
        actual_in_home_days - in_home_days as difference,
        cast(null as double) as statistic,
        cast(null as double) as degrees_of_freedom,
        cast(null as double) as p_value,
        3e0 as size_floor
    from joined
)

select * from checks
