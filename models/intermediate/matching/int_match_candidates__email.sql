-- One row per order and mailed recipient with the same e-mail (int_email_matches), the mail sent no later than the
-- order. Where too many recipients of the campaign share the e-mail: one row without a recipient.
with
orders as (select * from {{ ref('int_matchable_orders') }}),

matches as (select * from {{ ref('int_email_matches') }}),

-- too many with one e-mail are one row
mailed as (
    {% for is_ambiguous in ['false', 'true'] %}
    select {{ 'distinct' if is_ambiguous == 'true' else 'all' }}
        organization_id,
        campaign_id,
        {{ 'cast(null as varchar)' if is_ambiguous == 'true' else 'recipient_id' }} as recipient_id,
        email_key,
        case when is_email_ambiguous then recipients_per_email_key end as competing_recipients,
        sent_at
    from {{ ref('int_recipient_keys') }}
    where not is_holdout and sent_at is not null and email_key is not null and is_email_ambiguous = {{ is_ambiguous }}
    {{ "union all" if not loop.last }}
    {% endfor %}
),

candidates as (
    select
        orders.organization_id,
        orders.order_id,
        'email' as match_method,
        'email' as matched_on,
        mailed.campaign_id,
        mailed.recipient_id,
        cast(null as integer) as match_tier,
        matches.match_reason,
        case when mailed.recipient_id is null then 'ambiguous_key' end as veto_reason,
        mailed.competing_recipients,
        false as is_holdout,
        mailed.sent_at as window_start_at
    from orders
    inner join matches
        on orders.organization_id = matches.organization_id
        and orders.order_id = matches.order_id
    inner join mailed
        on matches.organization_id = mailed.organization_id
        and matches.campaign_id = mailed.campaign_id
        and matches.email_key = mailed.email_key
        and matches.ordered_at >= mailed.sent_at
),

-- a recipient has one e-mail, so only those without a recipient may be several
collapsed as (
    select candidates.*
    from candidates
    where recipient_id is null
    qualify
        row_number() over (
            partition by organization_id, order_id, campaign_id
            order by window_start_at desc, competing_recipients desc, match_reason
        ) = 1
)

select * from collapsed
union all
select *
from candidates
where recipient_id is not null
