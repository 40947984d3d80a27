-- One row per order and mailed recipient whose address matches the shipping address, the mail sent no later
-- than the order. Where too many recipients share the address, or from tier 2 on several addresses qualify:
-- one row per campaign without a recipient. A subscriber's orders would have come without the mail.
with
orders as (select * from {{ ref('int_matchable_orders') }}),

matches as (select * from {{ ref('int_address_matches') }}),

subscriptions as (select * from {{ ref('int_subscriptions') }}),

mailed as (
    select distinct
        organization_id,
        campaign_id,
        case when not is_address_ambiguous then recipient_id end as recipient_id,
        address_key,
        recipients_per_address_key,
        is_address_ambiguous,
        sent_at
    from {{ ref('int_recipient_keys') }}
    where not is_holdout and sent_at is not null and address_key is not null
),

pairs as (
    select
        orders.organization_id,
        orders.order_id,
        orders.customer_id,
        orders.email_key,
        mailed.campaign_id,
        case when matches.match_tier = 1 or matches.competing_addresses = 1 then mailed.recipient_id end
            as recipient_id,
        mailed.is_address_ambiguous,
        mailed.recipients_per_address_key,
        matches.match_tier,
        matches.match_reason,
        mailed.sent_at
    from orders
    inner join matches
        on orders.organization_id = matches.organization_id
        and orders.order_id = matches.order_id
    inner join mailed
        on matches.organization_id = mailed.organization_id
        and matches.campaign_id = mailed.campaign_id
        and matches.address_key = mailed.address_key
        and orders.ordered_at >= mailed.sent_at
    qualify
        row_number() over (
            partition by
                orders.organization_id, orders.order_id, mailed.campaign_id,
                case when matches.match_tier = 1 or matches.competing_addresses = 1 then mailed.recipient_id end
            order by mailed.sent_at desc, mailed.is_address_ambiguous desc, mailed.address_key
        ) = 1
),

subscribed as (
    {% for key in ['customer_id', 'email_key'] %}
    select
        pairs.organization_id,
        pairs.order_id,
        pairs.sent_at
    from pairs
    inner join subscriptions
        on pairs.organization_id = subscriptions.organization_id
        and pairs.{{ key }} = subscriptions.{{ key }}
        and pairs.sent_at >= subscriptions.started_at
        and (subscriptions.ended_at is null or pairs.sent_at < subscriptions.ended_at)
    {{ "union" if not loop.last }}
    {% endfor %}
),

candidates as (
    select
        pairs.organization_id,
        pairs.order_id,
        'address' as match_method,
        'shipping_address' as matched_on,
        pairs.campaign_id,
        pairs.recipient_id,
        pairs.match_tier,
        pairs.match_reason,
        case
            when subscribed.order_id is not null then 'active_subscription'
            when pairs.is_address_ambiguous then 'ambiguous_key'
            when pairs.recipient_id is null then 'ambiguous_address'
        end as veto_reason,
        case when pairs.recipient_id is null then pairs.recipients_per_address_key end as competing_recipients,
        false as is_holdout,
        pairs.sent_at as window_start_at
    from pairs
    left join subscribed
        on pairs.organization_id = subscribed.organization_id
        and pairs.order_id = subscribed.order_id
        and pairs.sent_at = subscribed.sent_at
)

select * from candidates
