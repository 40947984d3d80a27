-- One row per recipient, as credit reads it, with its keys; in a tick only those with an e-mail, an address or a code
-- of the orders that it matches, which it keeps, for many models ask. All who share such a key are there.
{{ config(materialized='view', meta={'kept_in_ticks': true}) }}
{% set keys = {
    'email_key': 'int_email_matches__matched', 'address_identity': 'int_address_matches__matched',
    'code_key': 'int_order_discount_codes',
} %}
{% set has_a_key = [] %}
{% for key, relation in keys.items() %}
{% do has_a_key.append(key ~ ' in (select ' ~ key ~ ' from ' ~ ref(relation) ~ ')') %}
{% endfor %}

with
recipients as (
    select *
    from {{ ref('int_recipients__near') }}
    where reading = 'latest'
        and ({{ has_a_key | join(' or ') if is_tick() else 'true' }})
)

select * from recipients
