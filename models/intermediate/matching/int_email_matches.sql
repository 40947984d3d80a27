-- One row per order, campaign and e-mail of a recipient that is the order's, whatever the arm, in either reading. Where
-- `email_alias_folding` is on, an order whose e-mail no recipient of a campaign has as written is compared once more
-- by the mailbox it is delivered to. Credit and lift join their recipients to this one table by `email_key`.
{{ config(
    materialized='incremental',
    incremental_strategy='replace_scope',
    meta={'scope': 'int_orders__to_decide', 'keys': order_key(), 'condition': 'scope.is_to_match'},
) }}
with
orders as (select * from {{ ref('int_order_identifiers__matched') }}),

recipients as (select * from {{ ref('int_recipients__near') }}),

matches as (
    select distinct
        orders.organization_id,
        orders.order_id,
        recipients.campaign_id,
        recipients.email_key,
        orders.email_key = recipients.email_key as is_exact,
        orders.ordered_at
    from orders
    inner join recipients
        on orders.organization_id = recipients.organization_id
        {% if var('email_alias_folding') %}
        and orders.email_canonical_key = recipients.email_canonical_key
        {% else %}
        and orders.email_key = recipients.email_key
        {% endif %}
),

preferred as (
    select *
    from matches
    {% if var('email_alias_folding') %}
    qualify is_exact or not bool_or(is_exact) over (partition by organization_id, order_id, campaign_id)
    {% endif %}
),

reasoned as (
    select
        organization_id,
        order_id,
        campaign_id,
        email_key,
        case when is_exact then 'same e-mail' else 'same mailbox' end as match_reason,
        ordered_at
    from preferred
)

select * from reasoned
