-- One row per order, campaign and matched recipient address. Where `match_billing_address` is on, the billing address
-- is looked at for the campaigns that the shipping address does not match. Credit and lift join their recipients to
-- this one table by `address_identity`.
{{ config(
    materialized='incremental',
    incremental_strategy='replace_scope',
    meta={'scope': 'int_orders__to_decide', 'keys': order_key(), 'condition': 'scope.is_to_match'},
) }}
with
orders as (select * from {{ ref('int_order_identifiers__matched') }}),

pairs as (select * from {{ ref('int_address_pairs__lowest') }}),

looks as (
    select
        organization_id,
        order_id,
        'shipping_address' as matched_on,
        address_reading,
        is_gift,
        ordered_at
    from orders
    {% if var('match_billing_address') %}
    union all
    select
        organization_id,
        order_id,
        'billing_address' as matched_on,
        billing_address_reading as address_reading,
        is_gift,
        ordered_at
    from orders
    {% endif %}
),

matches as (
    select
        looks.organization_id,
        looks.order_id,
        looks.matched_on,
        pairs.campaign_id,
        pairs.address_identity,
        pairs.match_tier,
        pairs.match_reason || case when looks.is_gift then ', gift order' else '' end as match_reason,
        pairs.competing_addresses,
        pairs.competing_recipients,
        pairs.match_tier > 1 and pairs.competing_addresses > 1 as is_ambiguous,
        looks.ordered_at
    from looks
    inner join pairs
        on looks.organization_id = pairs.organization_id
        and looks.address_reading = pairs.order_address_reading
    {% if var('match_billing_address') %}
    qualify
        looks.matched_on = 'shipping_address'
        or not bool_or(looks.matched_on = 'shipping_address') over (
            partition by looks.organization_id, looks.order_id, pairs.campaign_id
        )
    {% endif %}
)

select * from matches
