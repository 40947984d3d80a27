-- One row per recipient as assigned and order that is his or hers, by e-mail or by shipping address, the same for both
-- arms, with the recipient's arm and household; no verdict, winner or exclusion of a recipient enters. Keys that too
-- many recipients of the campaign share are not used.
with
orders as (select * from {{ ref('int_lift__countable_orders') }}),

matches as (select * from {{ ref('int_address_matches') }}),

email_matches as (select * from {{ ref('int_email_matches') }}),

recipients as (select * from {{ ref('int_lift__recipient_keys') }}),

pairs as (
    select
        recipients.organization_id,
        recipients.campaign_id,
        recipients.recipient_id,
        recipients.household_key,
        recipients.is_holdout,
        email_matches.order_id,
        true as is_email_match
    from recipients
    inner join email_matches
        on recipients.organization_id = email_matches.organization_id
        and recipients.campaign_id = email_matches.campaign_id
        and recipients.email_key = email_matches.email_key
    union all
    select
        recipients.organization_id,
        recipients.campaign_id,
        recipients.recipient_id,
        recipients.household_key,
        recipients.is_holdout,
        matches.order_id,
        false as is_email_match
    from recipients
    inner join matches
        on recipients.organization_id = matches.organization_id
        and recipients.campaign_id = matches.campaign_id
        and recipients.address_identity = matches.address_identity
    where not matches.is_ambiguous
),

order_matches as (
    select
        pairs.organization_id,
        pairs.campaign_id,
        pairs.recipient_id,
        pairs.order_id,
        pairs.household_key,
        orders.currency,
        orders.net_amount,
        orders.merchandise_amount,
        pairs.is_holdout,
        bool_or(pairs.is_email_match) as is_email_match,
        orders.ordered_at
    from pairs
    inner join orders
        on pairs.organization_id = orders.organization_id
        and pairs.order_id = orders.order_id
    group by all
)

select * from order_matches
