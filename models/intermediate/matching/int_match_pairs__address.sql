-- One row per order and mailed recipient whose address matches the shipping address, the mail sent no later
-- than the order. Where too many recipients share the address, or from tier 2 on several addresses qualify:
-- one row per campaign without a recipient.
with
orders as (select * from {{ ref('int_matchable_orders') }}),

matches as (select * from {{ ref('int_address_matches') }}),

-- too many at one address are one row
mailed as (
    {% for is_ambiguous in ['false', 'true'] %}
    select {{ 'distinct' if is_ambiguous == 'true' else 'all' }}
        organization_id,
        campaign_id,
        {{ 'cast(null as varchar)' if is_ambiguous == 'true' else 'recipient_id' }} as recipient_id,
        address_identity,
        recipients_per_address,
        is_address_ambiguous as is_key_ambiguous,
        sent_at
    from {{ ref('int_recipient_keys') }}
    where not is_holdout
        and sent_at is not null
        and address_identity is not null
        and is_address_ambiguous = {{ is_ambiguous }}
    {{ "union all" if not loop.last }}
    {% endfor %}
),

pairs as (
    select
        orders.organization_id,
        orders.order_id,
        orders.customer_id,
        orders.email_key,
        mailed.campaign_id,
        case when not matches.is_ambiguous then mailed.recipient_id end as recipient_id,
        mailed.is_key_ambiguous,
        case when matches.is_ambiguous then matches.competing_recipients else mailed.recipients_per_address end
            as competing_recipients,
        matches.matched_on,
        matches.match_tier,
        matches.match_reason,
        mailed.sent_at,
        mailed.address_identity
    from orders
    inner join matches
        on orders.organization_id = matches.organization_id
        and orders.order_id = matches.order_id
    inner join mailed
        on matches.organization_id = mailed.organization_id
        and matches.campaign_id = mailed.campaign_id
        and matches.address_identity = mailed.address_identity
        and matches.ordered_at >= mailed.sent_at
),

-- a recipient has one address, so only those without a recipient may be several
collapsed as (
    select *
    from pairs
    where recipient_id is null
    qualify
        row_number() over (
            partition by organization_id, order_id, campaign_id
            order by sent_at desc, is_key_ambiguous desc, address_identity
        ) = 1
)

select * from collapsed
union all
select *
from pairs
where recipient_id is not null
