-- One row per order, campaign and code that it redeemed: whether whoever ordered was sent that code (a mailed recipient
-- by e-mail or address), and whether the code was out yet.
with
uses as (select * from {{ ref('int_code_uses') }}),

recipients as (
    select *
    from {{ ref('int_recipients__keyed') }}
    where reading = 'latest' and not is_holdout
),

sent as (
    {% for key, matches in {'email_key': 'int_email_matches', 'address_identity': 'int_address_matches'}.items() %}
    select
        uses.organization_id,
        uses.order_id,
        uses.campaign_id,
        uses.code_key
    from uses
    inner join {{ ref(matches) }} as matches
        on uses.organization_id = matches.organization_id
        and uses.order_id = matches.order_id
        and uses.campaign_id = matches.campaign_id
    inner join recipients
        on matches.organization_id = recipients.organization_id
        and matches.campaign_id = recipients.campaign_id
        and matches.{{ key }} = recipients.{{ key }}
    where uses.is_listed or recipients.code_key = uses.code_key
    {{ "union" if not loop.last }}
    {% endfor %}
),

redemptions as (
    select
        uses.organization_id,
        uses.order_id,
        uses.campaign_id,
        uses.code_key,
        uses.code_type,
        sent.order_id is not null as is_by_recipient,
        coalesce(uses.ordered_at < uses.out_at, false) as is_before_launch,
        uses.ordered_at
    from uses
    left join sent
        on uses.organization_id = sent.organization_id
        and uses.order_id = sent.order_id
        and uses.campaign_id = sent.campaign_id
        and uses.code_key = sent.code_key
)

select * from redemptions
