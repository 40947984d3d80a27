-- One row per campaign and order that either credit or lift counts and the other does not, or for the other arm: what
-- an analyst would compare who divides credited orders by mailed recipients, and holdout orders by holdouts.
with
counted as (select * from {{ ref('int_lift__counted_orders') }}),

recipients as (select * from {{ ref('int_lift__recipient_keys') }}),

campaigns as (select * from {{ ref('int_campaigns') }}),

credited as (
    select
        attributions.organization_id,
        attributions.campaign_id,
        cast(null as varchar) as match_key,
        attributions.recipient_id,
        cast(null as varchar) as household_key,
        attributions.order_id,
        case when attributions.currency = campaigns.currency then attributions.net_amount else 0 end as revenue_amount,
        attributions.is_holdout
    from {{ ref('fct_order_attributions') }} as attributions
    inner join campaigns
        on attributions.organization_id = campaigns.organization_id
        and attributions.campaign_id = campaigns.campaign_id
    where attributions.passes_rules
),

found as ({{ order_changes('credited', ['campaign_id', 'order_id', 'is_holdout']) }}),

changes as (
    select
        found.organization_id,
        found.campaign_id,
        'all' as match_key,
        coalesce(found.household_key, recipients.household_key) as household_key,
        found.order_id,
        found.orders,
        found.revenue_amount,
        found.is_holdout
    from found
    left join recipients
        on found.organization_id = recipients.organization_id
        and found.campaign_id = recipients.campaign_id
        and found.recipient_id = recipients.recipient_id
)

select * from changes
