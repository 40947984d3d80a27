-- One row per order and held-out recipient with the same e-mail, or else (the e-mails differ) a matching
-- shipping address, assigned no later than the order. Where too many recipients share the key, or several
-- addresses qualify: one row per campaign without a recipient.
with
orders as (select * from {{ ref('int_matchable_orders') }}),

matches as (select * from {{ ref('int_address_matches') }}),

recipients as (select * from {{ ref('int_recipient_keys') }}),

held_out as (
    select *
    from recipients
    where is_holdout
),

also_mailed as (
    {% for key in ['email_key', 'address_key'] %}
    select
        held_out.organization_id,
        held_out.campaign_id,
        held_out.recipient_id
    from held_out
    inner join recipients as mailed
        on held_out.organization_id = mailed.organization_id
        and held_out.campaign_id = mailed.campaign_id
        and held_out.{{ key }} = mailed.{{ key }}
    where not mailed.is_holdout and mailed.sent_at is not null
    {{ "union" if not loop.last }}
    {% endfor %}
),

by_email as (
    select
        orders.organization_id,
        orders.order_id,
        'email' as matched_on,
        held_out.campaign_id,
        held_out.recipient_id,
        cast(null as integer) as match_tier,
        'same e-mail' as match_reason,
        held_out.is_email_ambiguous as is_key_ambiguous,
        false as is_address_ambiguous,
        held_out.recipients_per_email_key as recipients_per_key,
        held_out.created_at
    from orders
    inner join held_out
        on orders.organization_id = held_out.organization_id
        and orders.email_key = held_out.email_key
        and orders.ordered_at >= held_out.created_at
),

by_address as (
    select
        orders.organization_id,
        orders.order_id,
        'shipping_address' as matched_on,
        held_out.campaign_id,
        held_out.recipient_id,
        matches.match_tier,
        matches.match_reason,
        held_out.is_address_ambiguous as is_key_ambiguous,
        matches.match_tier > 1 and matches.competing_addresses > 1 as is_address_ambiguous,
        held_out.recipients_per_address_key as recipients_per_key,
        held_out.created_at
    from orders
    inner join matches
        on orders.organization_id = matches.organization_id
        and orders.order_id = matches.order_id
    inner join held_out
        on matches.organization_id = held_out.organization_id
        and matches.campaign_id = held_out.campaign_id
        and matches.address_key = held_out.address_key
        and orders.ordered_at >= held_out.created_at
    -- an e-mail that either lacks is not the same e-mail
    where not coalesce(orders.email_key = held_out.email_key, false)
),

pairs as (
    select * from by_email
    union all
    select * from by_address
),

vetted as (
    select
        pairs.organization_id,
        pairs.order_id,
        pairs.matched_on,
        pairs.campaign_id,
        case when not pairs.is_key_ambiguous and not pairs.is_address_ambiguous then pairs.recipient_id end
            as recipient_id,
        pairs.match_tier,
        pairs.match_reason,
        case
            when pairs.is_key_ambiguous then 'ambiguous_key'
            when pairs.is_address_ambiguous then 'ambiguous_address'
            when also_mailed.recipient_id is not null then 'also_mailed'
        end as veto_reason,
        pairs.recipients_per_key,
        pairs.created_at
    from pairs
    left join also_mailed
        on pairs.organization_id = also_mailed.organization_id
        and pairs.campaign_id = also_mailed.campaign_id
        and pairs.recipient_id = also_mailed.recipient_id
),

candidates as (
    select
        organization_id,
        order_id,
        'holdout' as match_method,
        matched_on,
        campaign_id,
        recipient_id,
        match_tier,
        match_reason,
        veto_reason,
        case when recipient_id is null then recipients_per_key end as competing_recipients,
        true as is_holdout,
        created_at as window_start_at
    from vetted
    qualify
        row_number() over (
            partition by organization_id, order_id, campaign_id, recipient_id
            order by matched_on, created_at desc, recipients_per_key desc, match_tier
        ) = 1
)

select * from candidates
