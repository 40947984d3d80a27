-- One row per pair of campaigns with overlapping outcome windows that share households, metric and cell of the two by
-- two: who was mailed by neither, one or both, and the sums of what they ordered in either window, each order once.
-- Households with members in both arms of a campaign are left out.
with
households as (
    select
        organization_id,
        campaign_id,
        household_key,
        treated_recipients > 0 as is_treated
    from {{ ref('int_lift__households') }}
    where treated_recipients = 0 or holdout_recipients = 0
),

pairs as (select * from {{ ref('int_programme__pairs') }}),

outcomes as (select * from {{ ref('int_programme__pair_orders') }}),

on_both as (
    select
        pairs.organization_id,
        pairs.first_campaign_id,
        pairs.second_campaign_id,
        one.household_key,
        one.is_treated as is_first_treated,
        other.is_treated as is_second_treated
    from pairs
    inner join households as one
        on pairs.organization_id = one.organization_id
        and pairs.first_campaign_id = one.campaign_id
    inner join households as other
        on pairs.organization_id = other.organization_id
        and pairs.second_campaign_id = other.campaign_id
        and one.household_key = other.household_key
),

cells as (
    select
        on_both.organization_id,
        on_both.first_campaign_id,
        on_both.second_campaign_id,
        on_both.is_first_treated,
        on_both.is_second_treated,
        {% for figure in programme_metrics().values() %}
        cast(coalesce(sum(outcomes.{{ figure }}), 0) as double) as {{ figure }},
        cast(coalesce(sum(cast(outcomes.{{ figure }} as decimal(18, 4)) * outcomes.{{ figure }}), 0) as double)
            as squared_{{ figure }},
        {% endfor %}
        count(*) as households
    from on_both
    left join outcomes
        on on_both.organization_id = outcomes.organization_id
        and on_both.first_campaign_id = outcomes.first_campaign_id
        and on_both.second_campaign_id = outcomes.second_campaign_id
        and on_both.household_key = outcomes.household_key
    group by
        on_both.organization_id,
        on_both.first_campaign_id,
        on_both.second_campaign_id,
        on_both.is_first_treated,
        on_both.is_second_treated
)

select * from cells
