-- One row per campaign and order of an excluded recipient, which credit rejects and lift keeps. Exclusions are
-- collected from people who were mailed: complaints, returned cards.
with
counted as (select * from {{ ref('int_lift__counted_orders') }}),

excluded as (select * from {{ ref('int_lift__excluded_recipients') }}),

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
    inner join excluded
        on counted.organization_id = excluded.organization_id
        and counted.campaign_id = excluded.campaign_id
        and counted.recipient_id = excluded.recipient_id
)

select * from changes
