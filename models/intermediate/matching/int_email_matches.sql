-- One row per order, campaign and e-mail of a recipient that is the order's, whatever the arm, in either reading. Where
-- `email_alias_folding` is on, an order whose e-mail no recipient of a campaign has as written is compared once more
-- by the mailbox it is delivered to. Credit and lift join their recipients to this one table by `email_key`.
with
orders as (
    select *
    from {{ ref('int_order_identifiers') }}
    where email_key is not null
),

campaign_emails as (
    select distinct
        organization_id,
        campaign_id,
        email_key,
        email_canonical_key
    from {{ ref('int_recipient_identifiers') }}
    where email_key is not null
),

matches as (
    select
        orders.organization_id,
        orders.order_id,
        campaign_emails.campaign_id,
        campaign_emails.email_key,
        orders.email_key = campaign_emails.email_key as is_exact
    from orders
    inner join campaign_emails
        on orders.organization_id = campaign_emails.organization_id
        {% if var('email_alias_folding') %}
        and orders.email_canonical_key = campaign_emails.email_canonical_key
    qualify
        orders.email_key = campaign_emails.email_key
        or not bool_or(orders.email_key = campaign_emails.email_key) over (
            partition by orders.organization_id, orders.order_id, campaign_emails.campaign_id
        )
        {% else %}
        and orders.email_key = campaign_emails.email_key
        {% endif %}
),

reasoned as (
    select
        organization_id,
        order_id,
        campaign_id,
        email_key,
        case when is_exact then 'same e-mail' else 'same mailbox' end as match_reason
    from matches
)

select * from reasoned
