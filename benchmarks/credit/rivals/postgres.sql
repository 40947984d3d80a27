-- The hand-written script's second half, from keys to verdicts, as PostgreSQL 15 wants it.

create unlogged table neighbours as
select
    campaign_id,
    address_identity,
    count(*) as recipients
from recipients
where address_identity is not null
group by campaign_id, address_identity
having count(*) > 1;

create unlogged table by_address as
select
    orders.order_id,
    orders.customer_id,
    orders.email_key,
    matches.campaign_id,
    recipients.recipient_id,
    recipients.is_holdout,
    matches.match_tier,
    matches.match_reason || case when orders.is_gift then ', gift order' else '' end as match_reason,
    matches.is_ambiguous,
    case when matches.is_ambiguous then matches.competing_recipients else coalesce(neighbours.recipients, 1) end
        as competing_recipients,
    coalesce(neighbours.recipients, 1) as recipients,
    recipients.address_identity,
    recipients.created_at,
    recipients.sent_at,
    orders.ordered_at
from orders
inner join address_matches as matches using (address_reading)
inner join recipients using (campaign_id, address_identity)
left join neighbours using (campaign_id, address_identity)
where orders.excluded_as is null
    and case when recipients.is_holdout then recipients.created_at else recipients.sent_at end <= orders.ordered_at;

create unlogged table candidates as
with
mailed_at_address as (
    select
        order_id,
        customer_id,
        email_key,
        campaign_id,
        case when not is_ambiguous and recipients <= 25 then recipient_id end as recipient_id,
        match_tier,
        match_reason,
        recipients > 25 as is_key_ambiguous,
        competing_recipients,
        address_identity,
        sent_at
    from by_address
    where not is_holdout
),

told_apart as (
    select *
    from mailed_at_address
    where recipient_id is not null
    union all
    (
        select distinct on (order_id, campaign_id) *
        from mailed_at_address
        where recipient_id is null
        order by order_id, campaign_id, sent_at desc, is_key_ambiguous desc, address_identity
    )
),

subscribed as (
    select told_apart.order_id, told_apart.sent_at
    from told_apart
    inner join subscriptions using (customer_id)
    where told_apart.sent_at >= subscriptions.started_at
        and (subscriptions.ended_at is null or told_apart.sent_at < subscriptions.ended_at)
    union
    select told_apart.order_id, told_apart.sent_at
    from told_apart
    inner join subscriptions using (email_key)
    where told_apart.sent_at >= subscriptions.started_at
        and (subscriptions.ended_at is null or told_apart.sent_at < subscriptions.ended_at)
),

redeemed as (
    select distinct order_id, upper(trim(code)) as code_key, ordered_at
    from orders, unnest(string_to_array(discount_codes, '|')) as code
    where excluded_as is null and trim(code) <> ''
),

carried as (
    select recipients.*, count(*) over (partition by campaign_id, code_key) as carriers
    from recipients
    where code_key in (select code_key from redeemed)
),

own_codes as (
    select
        redeemed.order_id,
        carried.campaign_id,
        carried.recipient_id,
        redeemed.code_key,
        coalesce(carried.sent_at, carried.created_at) as window_start_at
    from redeemed
    inner join carried using (code_key)
    where carried.carriers = 1
        and not carried.is_holdout
        and redeemed.ordered_at >= coalesce(carried.sent_at, carried.created_at)
),

campaign_codes as (
    select campaign_id, code_key
    from carried
    where carriers > 1
    union
    select campaign_id, upper(trim(unnest(string_to_array(discount_codes, '|'))))
    from campaigns
),

by_code as (
    select order_id, 'recipient_code' as matched_on, campaign_id, recipient_id, code_key, window_start_at
    from own_codes
    union all
    select redeemed.order_id, 'campaign_code', campaigns.campaign_id, null, redeemed.code_key, campaigns.launched_at
    from redeemed
    inner join campaign_codes using (code_key)
    inner join campaigns using (campaign_id)
    where redeemed.ordered_at >= campaigns.launched_at
        and not exists (
            select 1
            from own_codes
            where own_codes.order_id = redeemed.order_id and own_codes.campaign_id = campaigns.campaign_id
        )
),

also_mailed as (
    select held_out.campaign_id, held_out.recipient_id
    from recipients as held_out
    inner join recipients as mailed using (campaign_id, email_key)
    where held_out.is_holdout and not mailed.is_holdout and mailed.sent_at is not null
    union
    select held_out.campaign_id, held_out.recipient_id
    from recipients as held_out
    inner join recipients as mailed using (campaign_id, address_identity)
    where held_out.is_holdout and not mailed.is_holdout and mailed.sent_at is not null
),

held_out_by_email as (
    select orders.order_id, recipients.campaign_id, recipients.recipient_id, recipients.created_at
    from orders
    inner join recipients using (email_key)
    where orders.excluded_as is null and recipients.is_holdout and orders.ordered_at >= recipients.created_at
),

held_out_at_address as (
    select *
    from by_address
    where is_holdout
        and (
            is_ambiguous
            or not exists (
                select 1
                from held_out_by_email as known
                where known.order_id = by_address.order_id
                    and known.campaign_id = by_address.campaign_id
                    and known.recipient_id = by_address.recipient_id
            )
        )
),

held_out as (
    select
        order_id, campaign_id, recipient_id, created_at, 'email' as matched_on, null::integer as match_tier,
        'same e-mail' as match_reason, false as is_ambiguous, null::bigint as competing_recipients
    from held_out_by_email
    union all
    select
        order_id, campaign_id, recipient_id, created_at, 'shipping_address', match_tier, match_reason, false, null
    from held_out_at_address
    where not is_ambiguous
    union all
    (
        select distinct on (order_id, campaign_id)
            order_id, campaign_id, null, created_at, 'shipping_address', match_tier, match_reason, true,
            competing_recipients
        from held_out_at_address
        where is_ambiguous
        order by order_id, campaign_id, created_at desc, competing_recipients desc, match_tier, match_reason
    )
)

select
    orders.order_id, 'email' as match_method, 'email' as matched_on, recipients.campaign_id, recipients.recipient_id,
    null::integer as match_tier, 'same e-mail' as match_reason, null as veto_reason,
    null::bigint as competing_recipients, false as is_holdout, recipients.sent_at as window_start_at, 1 as priority
from orders
inner join recipients using (email_key)
where orders.excluded_as is null and not recipients.is_holdout and orders.ordered_at >= recipients.sent_at
union all
select
    told_apart.order_id, 'address', 'shipping_address', told_apart.campaign_id, told_apart.recipient_id,
    told_apart.match_tier, told_apart.match_reason,
    case
        when subscribed.order_id is not null then 'active_subscription'
        when told_apart.is_key_ambiguous then 'ambiguous_key'
        when told_apart.recipient_id is null then 'ambiguous_address'
    end,
    case when told_apart.recipient_id is null then told_apart.competing_recipients end,
    false, told_apart.sent_at, 2
from told_apart
left join subscribed using (order_id, sent_at)
union all
(
    select distinct on (order_id, campaign_id, recipient_id)
        order_id, 'discount_code', matched_on, campaign_id, recipient_id, null::integer, 'code ' || code_key, null,
        null::bigint, false, window_start_at, 3
    from by_code
    order by order_id, campaign_id, recipient_id, code_key
)
union all
select
    held_out.order_id, 'holdout', held_out.matched_on, held_out.campaign_id, held_out.recipient_id,
    held_out.match_tier, held_out.match_reason,
    case
        when held_out.is_ambiguous then 'ambiguous_address'
        when also_mailed.recipient_id is not null then 'also_mailed'
    end,
    held_out.competing_recipients, true, held_out.created_at, 4
from held_out
left join also_mailed using (campaign_id, recipient_id);

create unlogged table ledger as
with
timed as (
    select
        candidates.*,
        case
            when orders.ordered_at < candidates.window_start_at + make_interval(days => campaigns.min_age_days)
                then 'before_window'
            when orders.ordered_at >= candidates.window_start_at + make_interval(days => campaigns.window_days)
                then 'after_window'
            else 'in_window'
        end as timing_status
    from candidates
    inner join campaigns using (campaign_id)
    inner join orders using (order_id)
),

placed as (
    select
        *,
        row_number() over best_first as place,
        first_value(priority) over best_first as winning_priority,
        first_value(window_start_at) over best_first as winning_start_at
    from timed
    window best_first as (
        partition by order_id
        order by
            veto_reason is not null, priority, window_start_at desc, campaign_id collate "C",
            recipient_id collate "C" nulls last
    )
)

select
    order_id,
    match_method,
    matched_on,
    campaign_id,
    recipient_id,
    is_holdout,
    window_start_at,
    timing_status,
    veto_reason,
    competing_recipients,
    match_tier,
    match_reason,
    case when veto_reason is null then place end as match_rank,
    case
        when veto_reason is not null then veto_reason
        when place = 1 then null
        when priority > winning_priority then 'lower_priority'
        when window_start_at < winning_start_at then 'earlier_mailing'
        else 'tie_break'
    end as lost_reason
from placed;

create unlogged table verdicts as
with
winners as (select * from ledger where match_rank = 1),

excluded_orders as (
    select order_id
    from orders
    where written_email_key in (select email_key from exclusions)
        or email_domain in (select email_domain from exclusions)
        or address_key in (select address_key from exclusions)
),

excluded_recipients as (
    select campaign_id, recipient_id
    from recipients
    where written_email_key in (select email_key from exclusions)
        or email_domain in (select email_domain from exclusions)
        or address_key in (select address_key from exclusions)
        or recipient_id in (select recipient_id from exclusions where campaign_id is null)
        or (campaign_id, recipient_id) in (select campaign_id, recipient_id from exclusions)
),

judged as (
    select
        orders.order_id,
        orders.excluded_as,
        case
            when orders.excluded_as is not null then orders.excluded_as
            when winners.order_id is null then null
            when excluded_orders.order_id is not null or excluded_recipients.recipient_id is not null
                then 'excluded_party'
            when orders.is_cancelled then 'order_cancelled'
            when winners.timing_status <> 'in_window' then winners.timing_status
            when orders.total_amount < campaigns.minimum_order_amount then 'below_minimum'
        end as reason,
        winners.match_method,
        winners.campaign_id,
        winners.recipient_id,
        coalesce(winners.is_holdout, false) as is_holdout
    from orders
    left join winners using (order_id)
    left join campaigns on winners.campaign_id = campaigns.campaign_id
    left join excluded_orders using (order_id)
    left join excluded_recipients
        on winners.campaign_id = excluded_recipients.campaign_id
        and winners.recipient_id = excluded_recipients.recipient_id
)

select
    order_id,
    case
        when excluded_as is not null then 'excluded'
        when match_method is null then 'unmatched'
        when reason is not null then 'rejected'
        when is_holdout then 'holdout'
        else 'attributed'
    end as attribution_status,
    reason,
    match_method,
    campaign_id,
    recipient_id
from judged;
