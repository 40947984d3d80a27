-- One row per campaign with buyers: the revenue that 99 % of its buyers, of both arms together, do not exceed. It is
-- taken among buyers because among all recipients it would be zero.
with
outcomes as (select * from {{ ref('int_lift__outcomes') }}),

thresholds as (
    select
        organization_id,
        campaign_id,
        percentile_cont(0.99) within group (order by cast(revenue_amount as double)) as threshold
    from outcomes
    where orders > 0
    group by organization_id, campaign_id
),

rounded as (
    select
        organization_id,
        campaign_id,
        cast(threshold as {{ total_type() }}) as threshold_amount
    from thresholds
)

select * from rounded
