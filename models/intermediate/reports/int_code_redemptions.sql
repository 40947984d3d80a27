-- One row per order, campaign and code that it redeemed: whether whoever ordered was sent that code (a mailed recipient
-- by e-mail or address), and whether the code was out yet.
with
uses as (select * from {{ ref('int_code_uses') }}),

recipients {{ inlined() }} (
    select *
    from {{ ref('int_recipients__keyed') }}
    where reading = 'latest' and not is_holdout
),

sent as (
    {% for key, matches in {'email_key': 'int_email_matches', 'address_identity': 'int_address_matches'}.items() %}
    {% set is_last_key = loop.last %}
    {% for is_listed, condition in {true: 'uses.is_listed and', false: ''}.items() %}
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
    where {{ condition }} exists (
            select 1
            from recipients
            where recipients.organization_id = matches.organization_id
                and recipients.campaign_id = matches.campaign_id
                and recipients.{{ key }} = matches.{{ key }}
                {% if not is_listed %}
                and recipients.code_key = uses.code_key
                {% endif %}
        )
    {{ "union" if not (loop.last and is_last_key) }}
    {% endfor %}
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
