-- One row per order, redeemed code and recipient whose own code it is; else per order, code and campaign whose
-- code it is. An open own code shuts out its own campaign's code, and no other's.
with
orders as (select * from {{ ref('int_matchable_orders') }}),

order_codes as (select * from {{ ref('int_order_discount_codes') }}),

campaign_codes as (select * from {{ ref('int_campaign_discount_codes') }}),

redeemed as (
    select
        orders.organization_id,
        orders.order_id,
        order_codes.code_key,
        orders.ordered_at
    from orders
    inner join order_codes
        on orders.organization_id = order_codes.organization_id
        and orders.order_id = order_codes.order_id
),

redeemed_codes as (
    select distinct
        organization_id,
        code_key
    from redeemed
),

own_codes as (
    select
        recipients.organization_id,
        recipients.campaign_id,
        recipients.recipient_id,
        recipients.code_key,
        recipients.is_holdout,
        coalesce(recipients.sent_at, recipients.created_at) as window_start_at
    from {{ ref('int_recipients__matched') }} as recipients
    inner join redeemed_codes
        on recipients.organization_id = redeemed_codes.organization_id
        and recipients.code_key = redeemed_codes.code_key
    qualify
        count(*) over (partition by recipients.organization_id, recipients.campaign_id, recipients.code_key) = 1
),

by_recipient as (
    select
        redeemed.organization_id,
        redeemed.order_id,
        'recipient_code' as matched_on,
        own_codes.campaign_id,
        own_codes.recipient_id,
        redeemed.code_key,
        1 as carriers,
        own_codes.window_start_at
    from redeemed
    inner join own_codes
        on redeemed.organization_id = own_codes.organization_id
        and redeemed.code_key = own_codes.code_key
        and redeemed.ordered_at >= own_codes.window_start_at
    where not own_codes.is_holdout
),

by_campaign as (
    select
        redeemed.organization_id,
        redeemed.order_id,
        'campaign_code' as matched_on,
        campaign_codes.campaign_id,
        cast(null as varchar) as recipient_id,
        redeemed.code_key,
        campaign_codes.carriers,
        campaign_codes.launched_at as window_start_at
    from redeemed
    inner join campaign_codes
        on redeemed.organization_id = campaign_codes.organization_id
        and redeemed.code_key = campaign_codes.code_key
        and redeemed.ordered_at >= campaign_codes.launched_at
    left join by_recipient
        on redeemed.organization_id = by_recipient.organization_id
        and redeemed.order_id = by_recipient.order_id
        and campaign_codes.campaign_id = by_recipient.campaign_id
    where by_recipient.order_id is null
),

matched as (
    select * from by_recipient
    union all
    select * from by_campaign
)

select * from matched
