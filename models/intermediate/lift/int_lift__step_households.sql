-- One row per campaign with recipients and step known before any order: the households of either arm that are left at
-- it. Households with members in both arms are left out; they are a check of their own.
with
sizes as (
    select *
    from {{ ref('int_lift__sizes') }}
    where cut = 'campaign' and treated_recipients + holdout_recipients > 0
),

left_out as (
    select
        organization_id,
        campaign_id,
        flag,
        count(case when holdout_recipients = 0 and treated_flagged = treated_recipients then 1 end) as treated_out,
        count(case when treated_recipients = 0 and holdout_flagged = holdout_recipients then 1 end) as holdout_out
    from {{ ref('int_lift__household_flags') }}
    group by organization_id, campaign_id, flag
),

counts as (
    {% for step, flag in sample_ratio_steps().items() %}
    select
        sizes.organization_id,
        sizes.campaign_id,
        '{{ step }}' as part,
        sizes.treated_households - sizes.mixed_households - coalesce(left_out.treated_out, 0) as treated_count,
        sizes.holdout_households - sizes.mixed_households - coalesce(left_out.holdout_out, 0) as holdout_count
    from sizes
    left join left_out
        on sizes.organization_id = left_out.organization_id
        and sizes.campaign_id = left_out.campaign_id
        and left_out.flag = '{{ flag or '' }}'
    {{ "union all" if not loop.last }}
    {% endfor %}
)

select * from counts
