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

-- an e-mail once for each campaign, however many share it
recipients as (
    select distinct
        organization_id,
        campaign_id,
        email_key,
        email_canonical_key
    from {{ ref('int_recipients__near') }}
    where email_key is not null
),

{% if var('email_alias_folding') %}
-- a mailbox in more spellings than may share a key is compared as written only
mailboxes as (
    select
        *,
        count(*) over (partition by organization_id, campaign_id, email_canonical_key)
        <= {{ var('bounds')['most_recipients_per_key'] }} as is_folded
    from recipients
),

{% endif %}
matches as (
    select
        orders.organization_id,
        orders.order_id,
        recipients.campaign_id,
        recipients.email_key,
        orders.email_key = recipients.email_key as is_exact,
        orders.ordered_at
    from orders
    {% if var('email_alias_folding') %}
    inner join mailboxes as recipients
        on orders.organization_id = recipients.organization_id
        and orders.email_canonical_key = recipients.email_canonical_key
        and (recipients.is_folded or orders.email_key = recipients.email_key)
    {% else %}
    inner join recipients
        on orders.organization_id = recipients.organization_id
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
