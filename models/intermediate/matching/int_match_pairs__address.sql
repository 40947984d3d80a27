-- One row per order and mailed recipient whose address matches the shipping address (int_address_matches), the mail
-- sent no later than the order. Where too many recipients share the address, or from tier 2 on several addresses
-- qualify: one row per campaign without a recipient.
{{ config(materialized='view') }}
with
matches as (select * from {{ ref('int_address_matches__counted') }}),

mailed as (
    select
        *,
        address_identity as match_key
    from {{ ref('int_recipients__matched') }}
    where not is_holdout and sent_at is not null
),

starts as (
    select
        *,
        started_at as sent_at
    from {{ ref('int_crowd_starts') }}
    where key_name = 'address_identity' and arm = 'mailed'
),

{% set sides = {
    'mailed': (
        'mailed.recipient_id', latest_piece('mailed', 'matches.ordered_at'), 'matches.ordered_at >= mailed.sent_at', 'not ',
    ),
    'starts': ('cast(null as varchar)', 'starts.sent_at', 'matches.order_id = starts.order_id', ''),
} %}
pairs as (
    {% for relation, (recipient_id, sent_at, condition, negation) in sides.items() %}
    select
        matches.organization_id,
        matches.order_id,
        matches.campaign_id,
        {{ recipient_id }} as recipient_id,
        matches.address_identity,
        matches.matched_on,
        matches.match_tier,
        matches.match_reason,
        matches.mail_crowd is not null as is_key_ambiguous,
        case when matches.is_ambiguous then matches.competing_recipients else matches.mail_crowd end
            as competing_recipients,
        {{ sent_at }} as sent_at
    from matches
    inner join {{ relation }}
        on matches.organization_id = {{ relation }}.organization_id
        and matches.campaign_id = {{ relation }}.campaign_id
        and matches.address_identity = {{ relation }}.match_key
        and {{ condition }}
    where {{ negation }}(matches.mail_crowd is not null or matches.is_ambiguous)
    {{ "union all" if not loop.last }}
    {% endfor %}
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
