-- One row per recipient and reading, with what matching asks of it. In a tick only those who share a mailbox or a
-- redeemed code with an order that it matches, or live near one; it keeps them, for many models ask.
{{ config(materialized='view', meta={'kept_in_ticks': true}) }}
{% set keys = {
    'email_canonical_key': 'int_order_identifiers__matched', 'address_id': 'int_addresses__near_orders',
    'code_key': 'int_order_discount_codes',
} %}
{% set has_a_key = [] %}
{% for key, relation in keys.items() %}
{% do has_a_key.append('scoped.' ~ key ~ ' in (select ' ~ key ~ ' from ' ~ ref(relation) ~ ')') %}
{% endfor %}

with
recipients as (
    select
        scoped.organization_id,
        scoped.campaign_id,
        scoped.recipient_id,
        scoped.reading,
        scoped.email_key,
        scoped.email_canonical_key,
        scoped.address_id,
        scoped.address_identity,
        scoped.code_key,
        scoped.is_holdout,
        scoped.created_at,
        scoped.sent_at,
        scoped.pieces
    from {{ ref('int_recipients__keyed') }} as scoped
    where {{ few_rows(ref('int_recipients__keyed'), 'scoped', has_a_key) if is_tick() else 'true' }}
)

select * from recipients
