-- One row per campaign and code of the campaign, and one for all codes of its recipients' own (code null): who
-- redeemed it. A code that people redeem who were not sent it, or before it was out, has leaked, and credit by it
-- tells little.
with
redemptions as (select * from {{ ref('int_code_redemptions') }}),

leakage as (
    select
        organization_id,
        campaign_id,
        code_type,
        case when code_type = 'campaign_code' then code_key end as discount_code,
        count(*) as orders,
        count(case when is_by_recipient then 1 end) as orders_by_recipients,
        count(case when not is_by_recipient then 1 end) as orders_by_others,
        count(case when is_before_launch then 1 end) as orders_before_launch,
        cast(count(case when not is_by_recipient or is_before_launch then 1 end) as double)
        / count(*) as leaked_share,
        min(ordered_at) as first_redeemed_at
    from redemptions
    group by organization_id, campaign_id, code_type, case when code_type = 'campaign_code' then code_key end
)

select * from leakage
