-- One row per campaign and household, the unit of the draw: its recipients in each arm, and what was known of it at
-- assignment. A household whose members are of several segments is of none of them.
with
outcomes as (select * from {{ ref('int_lift__outcomes') }}),

grouped as (
    select
        organization_id,
        campaign_id,
        household_key,
        min(segment) as first_segment,
        max(segment) as last_segment,
        count(case when not is_holdout then 1 end) as treated_recipients,
        count(case when is_holdout then 1 end) as holdout_recipients,
        bool_or(has_bought_before) as has_bought_before,
        min(created_at) as first_created_at,
        max(created_at) as last_created_at
    from outcomes
    group by organization_id, campaign_id, household_key
),

households as (
    select
        organization_id,
        campaign_id,
        household_key,
        case when first_segment = last_segment then first_segment else '(several)' end as segment,
        has_bought_before,
        cast(first_created_at as date) as drop_date,
        cast(treated_recipients as decimal(18, 4)) as treated_recipients,
        cast(holdout_recipients as decimal(18, 4)) as holdout_recipients,
        first_created_at,
        last_created_at
    from grouped
)

select * from households
