-- One row per campaign, and per part of it by what was known at assignment (`cut`, `cut_value`): its recipients and
-- households in each arm, and the sums of squares and products of household sizes. A campaign to which nobody is
-- assigned has a row of zeros.
with
campaigns as (select * from {{ ref('int_campaigns') }}),

households as (select * from {{ ref('int_lift__households') }}),

sizes as (
    select
        organization_id,
        campaign_id,
        {{ cut_name(lift_cuts()) }} as cut,
        {{ cut_value(lift_cuts()) }} as cut_value,
        count(case when treated_recipients > 0 then 1 end) as treated_households,
        count(case when holdout_recipients > 0 then 1 end) as holdout_households,
        count(case when treated_recipients > 0 and holdout_recipients > 0 then 1 end) as mixed_households,
        {{ household_sums(['recipients'], [('recipients', 'recipients')]) }},
        min(first_created_at) as first_created_at,
        max(last_created_at) as last_created_at
    from households
    group by grouping sets (  -- noqa: PRS
        (organization_id, campaign_id),
        (organization_id, campaign_id, segment),
        (organization_id, campaign_id, has_bought_before),
        (organization_id, campaign_id, drop_date)
    )
),

with_empty as (
    select
        campaigns.organization_id,
        campaigns.campaign_id,
        coalesce(sizes.cut, 'campaign') as cut,
        coalesce(sizes.cut_value, '(all)') as cut_value,
        {% for column in ['treated_households', 'holdout_households', 'mixed_households'] + size_sums() %}
        coalesce(sizes.{{ column }}, 0) as {{ column }},
        {% endfor %}
        sizes.first_created_at,
        sizes.last_created_at
    from campaigns
    left join sizes
        on campaigns.organization_id = sizes.organization_id
        and campaigns.campaign_id = sizes.campaign_id
)

select * from with_empty
