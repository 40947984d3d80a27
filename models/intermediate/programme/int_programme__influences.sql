-- One row per organization and household on any list: by how much it moves the programme's lift, all of its lists
-- together. Lists that share a household are no strangers to one another, and their covariance is kept so.
{% set figures = programme_metrics().values() %}
with
households as (select * from {{ ref('int_lift__households') }}),

lists as (select * from {{ ref('int_programme__lists') }}),

outcomes as (select * from {{ ref('int_lift__household_outcomes') }}),

influences as (
    select
        households.organization_id,
        households.household_key,
        {% for figure in figures %}
        sum(cast(
            lists.treated_factor * (
                coalesce(cast(outcomes.treated_{{ figure }} as double), 0)
                - lists.treated_{{ figure }}_mean * cast(households.treated_recipients as double)
            )
            - lists.holdout_factor * lists.weight * (
                coalesce(cast(outcomes.holdout_{{ figure }} as double), 0)
                - lists.holdout_{{ figure }}_mean * cast(households.holdout_recipients as double)
            ) as decimal(28, 10)
        )) as {{ figure }},
        {% endfor %}
        max(case when households.treated_recipients > 0 then 1 else 0 end) as is_mailed,
        max(case when households.holdout_recipients > 0 then 1 else 0 end) as is_held_out
    from households
    inner join lists
        on households.organization_id = lists.organization_id
        and households.campaign_id = lists.campaign_id
    left join outcomes
        on households.organization_id = outcomes.organization_id
        and households.campaign_id = outcomes.campaign_id
        and households.household_key = outcomes.household_key
    group by households.organization_id, households.household_key
)

select * from influences
