-- One row per recipient as assigned and order that is his or hers, by e-mail or by shipping address, the same
-- for both arms; no verdict, winner or exclusion of a recipient enters. Keys that too many recipients of the
-- campaign share are not used. Left out: test, company, cancelled and excluded parties' orders.
with
orders as (select * from {{ ref('int_orders__unioned') }}),

matchable as (select * from {{ ref('int_matchable_orders') }}),

excluded as (select * from {{ ref('int_order_excluded_parties') }}),

matches as (select * from {{ ref('int_address_matches') }}),

limits as (
    select
        max(case when match_method = 'email' then max_recipients_per_key end) as email_limit,
        max(case when match_method = 'address' then max_recipients_per_key end) as address_limit
    from {{ ref('match_methods') }}
),

recipients as (
    select *
    from {{ ref('int_recipient_identifiers') }}
    where reading = 'as_assigned'
),

by_email as (
    select
        recipients.organization_id,
        recipients.campaign_id,
        recipients.recipient_id,
        matchable.order_id,
        true as is_email_match
    from recipients
    cross join limits
    inner join matchable
        on recipients.organization_id = matchable.organization_id
        and recipients.email_key = matchable.email_key
    where coalesce(recipients.recipients_per_email_key <= limits.email_limit, true)
),

by_address as (
    select
        recipients.organization_id,
        recipients.campaign_id,
        recipients.recipient_id,
        matchable.order_id,
        false as is_email_match
    from recipients
    cross join limits
    inner join matches
        on recipients.organization_id = matches.organization_id
        and recipients.campaign_id = matches.campaign_id
        and recipients.address_key = matches.address_key
    inner join matchable
        on matches.organization_id = matchable.organization_id
        and matches.order_id = matchable.order_id
    where coalesce(recipients.recipients_per_address_key <= limits.address_limit, true)
        and (matches.match_tier = 1 or matches.competing_addresses = 1)
),

pairs as (
    select * from by_email
    union all
    select * from by_address
),

once as (
    select
        organization_id,
        campaign_id,
        recipient_id,
        order_id,
        bool_or(is_email_match) as is_email_match
    from pairs
    group by organization_id, campaign_id, recipient_id, order_id
),

countable as (
    select
        once.organization_id,
        once.campaign_id,
        once.recipient_id,
        once.order_id,
        once.is_email_match,
        orders.currency,
        orders.net_amount,
        orders.ordered_at
    from once
    inner join orders
        on once.organization_id = orders.organization_id
        and once.order_id = orders.order_id
    left join excluded
        on once.organization_id = excluded.organization_id
        and once.order_id = excluded.order_id
    where not orders.is_cancelled and excluded.order_id is null
)

select * from countable
