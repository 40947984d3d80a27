-- One row per order that passes the rules, holdouts' among them, with what reports count it by. `revenue_amount` is
-- null where the order is in another currency than its campaign. A first-time buyer has no earlier order with the
-- same e-mail.
with
attributions as (
    select *
    from {{ ref('fct_order_attributions') }}
    where passes_rules
),

organizations as (select * from {{ ref('int_organizations') }}),

campaigns as (select * from {{ ref('int_campaigns') }}),

identifiers as (select * from {{ ref('int_order_identifiers') }}),

recipients as (select * from {{ ref('int_recipients__latest') }}),

first_orders as (
    select
        identifiers.organization_id,
        identifiers.email_key,
        min(orders.ordered_at) as first_ordered_at
    from {{ ref('int_orders__unioned') }} as orders
    inner join identifiers
        on orders.organization_id = identifiers.organization_id
        and orders.order_id = identifiers.order_id
    where identifiers.email_key is not null and not orders.is_test and not orders.is_cancelled
    group by identifiers.organization_id, identifiers.email_key
),

credited as (
    select
        attributions.organization_id,
        attributions.campaign_id,
        attributions.order_id,
        attributions.recipient_id,
        attributions.match_method,
        campaigns.currency,
        coalesce(recipients.segment, '') as segment,
        case
            when identifiers.email_key is null then 'unknown'
            when attributions.ordered_at > first_orders.first_ordered_at then 'repeat'
            else 'first_time'
        end as buyer_type,
        case when attributions.currency = campaigns.currency then attributions.net_amount end as revenue_amount,
        attributions.days_since_window_start,
        attributions.is_holdout,
        coalesce(attributions.currency <> campaigns.currency, true) as is_other_currency,
        {{ local_date('attributions.ordered_at', 'organizations.timezone') }} as order_date
    from attributions
    inner join organizations on attributions.organization_id = organizations.organization_id
    inner join campaigns
        on attributions.organization_id = campaigns.organization_id
        and attributions.campaign_id = campaigns.campaign_id
    inner join identifiers
        on attributions.organization_id = identifiers.organization_id
        and attributions.order_id = identifiers.order_id
    left join recipients
        on attributions.organization_id = recipients.organization_id
        and attributions.campaign_id = recipients.campaign_id
        and attributions.recipient_id = recipients.recipient_id
    left join first_orders
        on identifiers.organization_id = first_orders.organization_id
        and identifiers.email_key = first_orders.email_key
)

select * from credited
