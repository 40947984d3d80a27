-- One row per campaign and counted order that the cascade gives to somebody else: to another campaign, or, because the
-- holdout comes last, to somebody who was mailed. Discount codes and vetoes are other rules' matter.
with
counted as (select * from {{ ref('int_lift__counted_orders') }}),

candidates as (
    select *
    from {{ ref('fct_match_candidates') }}
    where match_rank is not null and match_method <> 'discount_code'
),

winners as (
    select
        organization_id,
        order_id,
        min_by(campaign_id, match_rank) as campaign_id,
        min_by(is_holdout, match_rank) as is_holdout
    from candidates
    group by organization_id, order_id
),

changes as (
    select
        counted.organization_id,
        counted.campaign_id,
        counted.match_key,
        counted.household_key,
        counted.order_id,
        -1 as orders,
        -counted.revenue_amount as revenue_amount,
        counted.is_holdout
    from counted
    inner join winners
        on counted.organization_id = winners.organization_id
        and counted.order_id = winners.order_id
    where counted.campaign_id <> winners.campaign_id or counted.is_holdout <> winners.is_holdout
)

select * from changes
