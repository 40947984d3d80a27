-- One row per order and mailed recipient whose address matches the shipping address (int_address_matches), the mail
-- sent no later than the order. Where too many recipients share the address, or from tier 2 on several addresses
-- qualify: one row per campaign without a recipient.
{{ config(materialized='view') }}
with
matches as (select * from {{ ref('int_address_matches__matched') }}),

exclusions as (select * from {{ ref('int_order_exclusions') }}),

mailed {{ inlined() }} (
    select *
    from {{ ref('int_recipients__matched') }}
    where not is_holdout and sent_at is not null
),

crowded as (
    select *
    from {{ ref('int_crowded_keys') }}
    where key_name = 'address_identity' and is_crowded_for_mail
),

compared as (
    select
        matches.organization_id,
        matches.order_id,
        matches.campaign_id,
        matches.address_identity,
        matches.matched_on,
        matches.match_tier,
        matches.match_reason,
        matches.is_ambiguous,
        crowded.match_key is not null as is_key_ambiguous,
        case when matches.is_ambiguous then matches.competing_recipients else crowded.recipients end
            as competing_recipients,
        matches.ordered_at
    from matches
    left join exclusions
        on matches.organization_id = exclusions.organization_id
        and matches.order_id = exclusions.order_id
    left join crowded
        on matches.organization_id = crowded.organization_id
        and matches.campaign_id = crowded.campaign_id
        and matches.address_identity = crowded.match_key
    where exclusions.order_id is null
),

-- who cannot be told apart is one
crowds as (
    select distinct
        mailed.organization_id,
        mailed.campaign_id,
        mailed.address_identity,
        mailed.sent_at
    from mailed
    inner join crowded
        on mailed.organization_id = crowded.organization_id
        and mailed.campaign_id = crowded.campaign_id
        and mailed.address_identity = crowded.match_key
),

{% set who = {
    'mailed': 'case when not compared.is_ambiguous then mailed.recipient_id end', 'crowds': 'cast(null as varchar)',
} %}
pairs as (
    {% for relation in who %}
    select
        compared.organization_id,
        compared.order_id,
        compared.campaign_id,
        {{ who[relation] }} as recipient_id,
        compared.address_identity,
        compared.matched_on,
        compared.match_tier,
        compared.match_reason,
        compared.is_key_ambiguous,
        compared.competing_recipients,
        {{ relation }}.sent_at
    from compared
    inner join {{ relation }}
        on compared.organization_id = {{ relation }}.organization_id
        and compared.campaign_id = {{ relation }}.campaign_id
        and compared.address_identity = {{ relation }}.address_identity
        and compared.ordered_at >= {{ relation }}.sent_at
    where {{ 'not compared.is_key_ambiguous' if relation == 'mailed' else 'compared.is_key_ambiguous' }}
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
