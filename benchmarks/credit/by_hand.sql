-- The credit path as one would write it by hand for DuckDB: one script for one brand whose data came by file, its
-- settings written into it (three address tiers, no alias folding, no billing address, at most 25 at an address, rank
-- then validate), without ticks, layers or state, no column read that no verdict needs. It makes the same keys, the same
-- ledger, the same verdicts and the first rows of the log as the models do. One thing they share to the letter: between
-- the two halves of this file run the project's own address models, int_address_countries to int_addresses, since
-- they say what a key is.
-- Statements about one thing by several rows are not merged here: the script stops where it finds any.

create or replace schema by_hand;

create or replace temp macro stated_once(relation) as table
    select
        case
            when count(*) > count(distinct object_hash) then error(relation || ': several rows about one thing')
        end
    from (select hash(object_id) as object_hash from query_table(relation));

from stated_once('raw_files.orders');
from stated_once('raw_files.recipients');

create or replace temp macro visible(value) as
    case
        when regexp_matches(value, '[^!-~]')
            then nfc_normalize(regexp_replace(value, '[\p{Cc}\p{Cf}\p{Z}\x{034F}\x{3164}]', '', 'g'))
        else value
    end;
create or replace temp macro email_key(email) as
    case
        when lower(visible(email)) like '%_@_%._%' and lower(visible(email)) not like '%@%@%' then lower(visible(email))
    end;
create or replace temp macro text_key(value) as nullif(trim(value), '');
create or replace temp macro code_key(value) as nullif(upper(visible(value)), '');
create or replace temp macro written_address(address1, address2, city, region, postal_code, country) as
    case
        when text_key(address1) is not null or text_key(address2) is not null
            then md5_number(upper(concat_ws(
                '|', trim(coalesce(address1, '')), trim(coalesce(address2, '')), trim(coalesce(city, '')),
                trim(coalesce(region, '')), trim(coalesce(postal_code, '')), trim(coalesce(country, ''))
            )))
    end;

create table by_hand.campaigns as
select
    said.campaign_id,
    coalesce(said.status, 'active') = 'archived' as is_archived,
    coalesce(upper(said.currency), 'USD') as currency,
    said.discount_codes,
    to_days(coalesce(said.min_age_days, 1)) as min_age,
    to_days(coalesce(said.window_days, 90)) as window_length,
    said.minimum_order_amount,
    said.launched_at
from (
    select unnest(from_json(payload, '{
        "campaign_id": "VARCHAR", "status": "VARCHAR", "currency": "VARCHAR", "discount_codes": "VARCHAR",
        "min_age_days": "INTEGER", "window_days": "INTEGER", "minimum_order_amount": "DECIMAL(18, 4)",
        "launched_at": "TIMESTAMP"
    }'), recursive := true)
    from raw_files.campaigns
    where not is_withdrawal
) as said;

create table by_hand.recipients as
with
said as (
    select unnest(from_json(payload, '{
        "campaign_id": "VARCHAR", "recipient_id": "VARCHAR", "created_at": "VARCHAR", "is_holdout": "VARCHAR",
        "sent_at": "VARCHAR", "email": "VARCHAR", "address1": "VARCHAR", "address2": "VARCHAR", "city": "VARCHAR",
        "region": "VARCHAR", "postal_code": "VARCHAR", "country": "VARCHAR", "discount_code": "VARCHAR"
    }'))
    from raw_files.recipients
    where not is_withdrawal
)

select
    said.campaign_id,
    said.recipient_id,
    email_key(said.email) as email_key,
    said.address1,
    said.address2,
    said.city,
    said.region,
    said.postal_code,
    said.country,
    written_address(said.address1, said.address2, said.city, said.region, said.postal_code, said.country) as address_id,
    upper(text_key(said.discount_code)) as code_key,
    cast(nullif(said.is_holdout, '') as boolean) as is_holdout,
    cast(nullif(said.created_at, '') as timestamp) as created_at,
    cast(nullif(said.sent_at, '') as timestamp) as sent_at
from said
inner join by_hand.campaigns using (campaign_id)
where nullif(said.is_holdout, '') is not null and nullif(said.created_at, '') is not null;

create table by_hand.orders as
with
said as (
    select unnest(from_json(payload, '{
        "order_id": "VARCHAR", "ordered_at": "VARCHAR", "currency": "VARCHAR", "total_amount": "VARCHAR",
        "email": "VARCHAR", "customer_id": "VARCHAR", "status": "VARCHAR", "refunded_amount": "VARCHAR",
        "cancelled_at": "VARCHAR", "discount_codes": "VARCHAR", "is_test": "VARCHAR", "ship_name": "VARCHAR",
        "ship_address1": "VARCHAR", "ship_address2": "VARCHAR", "ship_city": "VARCHAR", "ship_region": "VARCHAR",
        "ship_postal_code": "VARCHAR", "ship_country": "VARCHAR", "bill_name": "VARCHAR", "bill_address1": "VARCHAR",
        "bill_address2": "VARCHAR", "bill_city": "VARCHAR", "bill_region": "VARCHAR", "bill_postal_code": "VARCHAR",
        "bill_country": "VARCHAR"
    }'))
    from raw_files.orders
    where not is_withdrawal
)

select
    said.* exclude (ordered_at, currency, total_amount, email, cancelled_at, refunded_amount, is_test),
    cast(nullif(said.ordered_at, '') as timestamp) as ordered_at,
    upper(said.currency) as currency,
    cast(nullif(said.total_amount, '') as decimal(18, 4)) as total_amount,
    cast(nullif(said.refunded_amount, '') as decimal(18, 4)) as refunded_amount,
    coalesce(said.status = 'cancelled', false) or nullif(said.cancelled_at, '') is not null as is_cancelled,
    coalesce(cast(nullif(said.is_test, '') as boolean), false) as is_test,
    email_key(said.email) as email_key,
    written_address(
        said.ship_address1, said.ship_address2, said.ship_city, said.ship_region, said.ship_postal_code,
        said.ship_country
    ) as address_id,
    written_address(
        said.bill_address1, said.bill_address2, said.bill_city, said.bill_region, said.bill_postal_code,
        said.bill_country
    ) as billing_address_id
from said
where nullif(said.ordered_at, '') is not null
    and nullif(said.currency, '') is not null
    and nullif(said.total_amount, '') is not null;

create table by_hand.exclusions as
select
    email_key(said.email) as email_key,
    nullif(ltrim(lower(visible(said.email_domain)), '@'), '') as email_domain,
    said.address1,
    said.address2,
    said.city,
    said.region,
    said.postal_code,
    said.country,
    written_address(said.address1, said.address2, said.city, said.region, said.postal_code, said.country) as address_id,
    said.campaign_id,
    said.recipient_id
from (
    select unnest(from_json(payload, '{
        "email": "VARCHAR", "email_domain": "VARCHAR", "address1": "VARCHAR", "address2": "VARCHAR", "city": "VARCHAR",
        "region": "VARCHAR", "postal_code": "VARCHAR", "country": "VARCHAR", "campaign_id": "VARCHAR",
        "recipient_id": "VARCHAR"
    }'))
    from raw_files.exclusions
    where not is_withdrawal
) as said;

create table by_hand.subscriptions as
select
    said.customer_id,
    email_key(said.email) as email_key,
    said.started_at,
    said.ended_at
from (
    select unnest(from_json(payload, '{
        "customer_id": "VARCHAR", "email": "VARCHAR", "started_at": "TIMESTAMP", "ended_at": "TIMESTAMP"
    }'))
    from raw_files.subscriptions
    where not is_withdrawal
) as said
where said.started_at is not null;

-- what the address models read: each address once
create table by_hand.int_addresses__distinct as
select
    'bench' as organization_id,
    address_id,
    any_value(address1) as address1,
    any_value(address2) as address2,
    any_value(city) as city,
    any_value(region) as region,
    any_value(postal_code) as postal_code,
    any_value(country) as country
from (
    select address_id, address1, address2, city, region, postal_code, country from by_hand.recipients
    union all
    select address_id, address1, address2, city, region, postal_code, country from by_hand.exclusions
    union all
    select address_id, ship_address1, ship_address2, ship_city, ship_region, ship_postal_code, ship_country
    from by_hand.orders
    union all
    select billing_address_id, bill_address1, bill_address2, bill_city, bill_region, bill_postal_code, bill_country
    from by_hand.orders
)
where address_id is not null
group by address_id;

create table by_hand.int_organizations as
select organization_id, upper(trim(country)) as country from config.organizations where organization_id = 'bench';

-- == the address models

create or replace temp macro domain_of(email_key) as nullif(regexp_extract(email_key, '@([^@]*)$', 1), '');
create or replace temp macro name_key(name) as nullif(regexp_replace(upper(strip_accents(name)), '[^\p{L}]', '', 'g'), '');

-- a marketplace's relay or a placeholder is no key
create or replace temp macro matchable(email_key) as
    case
        when domain_of(email_key) in (select value from config.unmatchable_emails where kind = 'domain')
            or regexp_extract(email_key, '^(.*)@[^@]*$', 1)
            in (select value from config.unmatchable_emails where kind = 'local_part')
            or email_key in (select value from config.unmatchable_emails where kind = 'address')
            then null
        else email_key
    end;

create table by_hand.recipient_keys as
select
    recipients.campaign_id,
    recipients.recipient_id,
    recipients.email_key as written_email_key,
    matchable(recipients.email_key) as email_key,
    addresses.address_key,
    coalesce(addresses.address_key, addresses.address_place_key) as address_identity,
    recipients.address_id,
    recipients.code_key,
    recipients.is_holdout,
    recipients.created_at,
    recipients.sent_at
from by_hand.recipients
left join by_hand.int_addresses as addresses using (address_id);

create table by_hand.order_keys as
select
    orders.order_id,
    orders.customer_id,
    orders.email_key as written_email_key,
    matchable(orders.email_key) as email_key,
    shipping.address_key,
    coalesce(shipping.address_key, shipping.address_place_key) as address_identity,
    address_identity || '@' || coalesce(shipping.address_city, '') as address_reading,
    orders.address_id,
    orders.discount_codes,
    coalesce(
        address_identity <> coalesce(billing.address_key, billing.address_place_key)
        and name_key(orders.ship_name) <> name_key(orders.bill_name), false
    ) as is_gift,
    case
        when orders.is_test then 'test_order'
        when domain_of(orders.email_key) in (
            select lower(trim(unnest(string_split(email_domains, '|'))))
            from config.organizations
            where organization_id = 'bench'
        ) then 'company_email'
    end as excluded_as,
    orders.ordered_at
from by_hand.orders
left join by_hand.int_addresses as shipping using (address_id)
left join by_hand.int_addresses as billing on orders.billing_address_id = billing.address_id;

-- addresses of a campaign's recipients and of orders, with the parts that the tiers compare
create table by_hand.campaign_addresses as
with
used as (
    select
        campaign_id,
        address_id,
        address_identity,
        count(*) as recipients
    from by_hand.recipient_keys
    where address_identity is not null
    group by campaign_id, address_id, address_identity
),

counted as (
    select
        campaign_id,
        address_identity,
        sum(recipients) as recipients,
        list(address_id) as address_ids
    from used
    group by campaign_id, address_identity
)

select distinct
    counted.campaign_id,
    counted.address_identity,
    counted.recipients,
    addresses.address_key,
    addresses.address_country,
    addresses.address_postcode,
    addresses.address_number,
    addresses.address_unit,
    addresses.address_predirectional,
    addresses.address_street_core,
    addresses.address_street_type,
    addresses.address_postdirectional,
    addresses.address_range_start,
    addresses.address_range_end
from (select *, unnest(address_ids) as address_id from counted) as counted
inner join by_hand.int_addresses as addresses using (address_id);

create table by_hand.order_addresses as
select distinct
    orders.address_identity,
    orders.address_reading,
    addresses.* exclude (address_id, address_building_key, address_place_key)
from by_hand.order_keys as orders
inner join by_hand.int_addresses as addresses using (address_id)
where orders.address_identity is not null;

create or replace temp macro agree(one, other) as one = other or one = '' or other = '';

-- tiers 2 and 3: one postcode, number (or a range that holds it) and unit, streets that do not contradict each other; the
-- numbers between two odd or two even ones are across the street
create or replace temp macro numbers_of(first_number, last_number) as
    unnest(case
        when last_number >= first_number and last_number - first_number <= 100
            then range(first_number, last_number + 1, 2 - (last_number - first_number) % 2)
    end);

create table by_hand.near_addresses as
with
numbered_orders as (
    select *, address_number as looked_up_number, false as is_range from by_hand.order_addresses
    union all
    select *, cast(numbers_of(address_range_start, address_range_end) as varchar), true from by_hand.order_addresses
),

numbered_campaigns as (
    select *, address_number as looked_up_number, false as is_range from by_hand.campaign_addresses
    union all
    select *, cast(numbers_of(address_range_start, address_range_end) as varchar), true from by_hand.campaign_addresses
)

select distinct
    orders.address_reading,
    campaigns.campaign_id,
    campaigns.address_identity,
    campaigns.recipients,
    orders.address_country,
    orders.address_postcode,
    orders.address_street_core,
    orders.address_street_type,
    orders.address_predirectional,
    orders.address_postdirectional,
    orders.address_street_core = campaigns.address_street_core as is_same_name,
    is_same_name
    and orders.address_street_type = campaigns.address_street_type
    and orders.address_predirectional = campaigns.address_predirectional
    and orders.address_postdirectional = campaigns.address_postdirectional as is_same_street,
    concat_ws(
        ', ',
        case when orders.address_number <> campaigns.address_number then 'number within a range' end,
        case when not is_same_name then 'street name nearly equal' end,
        case
            when orders.address_street_type = campaigns.address_street_type then null
            when orders.address_street_type = '' or campaigns.address_street_type = ''
                then 'street type missing on one side'
            else 'another street type'
        end,
        case
            when orders.address_predirectional = campaigns.address_predirectional
                and orders.address_postdirectional = campaigns.address_postdirectional
                then null
            when orders.address_predirectional || orders.address_postdirectional
                = campaigns.address_predirectional || campaigns.address_postdirectional
                then 'directional in another place'
            else 'directional missing on one side'
        end
    ) as match_reason
from numbered_orders as orders
inner join numbered_campaigns as campaigns
    using (address_country, address_postcode, looked_up_number, address_unit)
where orders.address_key <> campaigns.address_key
    and not (orders.is_range and campaigns.is_range)
    and agree(orders.address_predirectional, campaigns.address_predirectional)
    and agree(orders.address_postdirectional, campaigns.address_postdirectional)
    and (
        orders.address_predirectional || orders.address_postdirectional = ''
        or campaigns.address_predirectional || campaigns.address_postdirectional = ''
        or orders.address_predirectional = campaigns.address_predirectional
        or orders.address_postdirectional = campaigns.address_postdirectional
        or orders.address_predirectional || orders.address_postdirectional
        = campaigns.address_predirectional || campaigns.address_postdirectional
    )
    and (
        agree(orders.address_street_type, campaigns.address_street_type)
        or (orders.address_country = 'GB' and not regexp_full_match(orders.address_street_core, '[0-9]+'))
    )
    and (
        orders.address_street_core = campaigns.address_street_core
        or (
            abs(length(orders.address_street_core) - length(campaigns.address_street_core)) <= 2
            and least(length(orders.address_street_core), length(campaigns.address_street_core)) >= 5
            and levenshtein(orders.address_street_core, campaigns.address_street_core)
            <= case
                when least(length(orders.address_street_core), length(campaigns.address_street_core)) >= 8 then 2
                else 1
            end
            and regexp_replace(orders.address_street_core, '[^0-9]', '', 'g')
            = regexp_replace(campaigns.address_street_core, '[^0-9]', '', 'g')
        )
    );

-- of each order address and campaign the matches of the lowest tier; a known street of the postcode is no slip
create table by_hand.address_matches as
with
known_streets as (
    select distinct
        near.address_reading,
        near.campaign_id,
        near.address_identity
    from by_hand.near_addresses as near
    inner join by_hand.campaign_addresses as campaigns
        using (campaign_id, address_country, address_postcode, address_street_core)
    where not near.is_same_name
        or (
            not near.is_same_street
            and campaigns.address_street_type = near.address_street_type
            and campaigns.address_predirectional = near.address_predirectional
            and campaigns.address_postdirectional = near.address_postdirectional
        )
),

pairs as (
    select
        orders.address_reading,
        campaigns.campaign_id,
        campaigns.address_identity,
        1 as match_tier,
        'full key equal' as match_reason,
        campaigns.recipients
    from by_hand.order_addresses as orders
    inner join by_hand.campaign_addresses as campaigns using (address_key)
    union all
    select
        near.address_reading,
        near.campaign_id,
        near.address_identity,
        case when near.is_same_name then 2 else 3 end as match_tier,
        near.match_reason,
        near.recipients
    from by_hand.near_addresses as near
    anti join known_streets using (address_reading, campaign_id, address_identity)
),

-- a town spelt in two ways makes two rows of one pair
told_once as (
    select
        address_reading,
        campaign_id,
        address_identity,
        match_tier,
        min(match_reason) as match_reason,
        max(recipients) as recipients
    from pairs
    group by address_reading, campaign_id, address_identity, match_tier
)

select
    address_reading,
    campaign_id,
    address_identity,
    match_tier,
    match_reason
    || case
        when match_tier > 1 and count(*) over of_campaign > 1
            then ': ' || count(*) over of_campaign || ' addresses compete, ' || min(address_identity) over of_campaign
                || case when count(*) over of_campaign > 2 then ' to ' else ' and ' end
                || max(address_identity) over of_campaign
        else ''
    end as match_reason,
    match_tier > 1 and count(*) over of_campaign > 1 as is_ambiguous,
    cast(sum(recipients) over of_campaign as bigint) as competing_recipients
from (
    select *
    from told_once
    qualify match_tier = min(match_tier) over (partition by address_reading, campaign_id)
)
window of_campaign as (partition by address_reading, campaign_id);

create temp view matchable_orders as
select * exclude (address_id, address_key, address_identity) from by_hand.order_keys where excluded_as is null;

-- how many of a campaign share an address, whatever their arm
create temp table neighbours as
select
    campaign_id,
    address_identity,
    count(*) as recipients
from by_hand.recipient_keys
where address_identity is not null
group by campaign_id, address_identity
having count(*) > 1;

create temp table by_address as
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
from matchable_orders as orders
inner join by_hand.address_matches as matches using (address_reading)
inner join by_hand.recipient_keys as recipients using (campaign_id, address_identity)
left join neighbours using (campaign_id, address_identity)
where case when recipients.is_holdout then recipients.created_at else recipients.sent_at end <= orders.ordered_at;

create table by_hand.candidates as
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

-- several who cannot be told apart are one candidate
told_apart as (
    select *
    from mailed_at_address
    where recipient_id is not null
    union all
    select *
    from mailed_at_address
    where recipient_id is null
    qualify
        row_number() over (
            partition by order_id, campaign_id order by sent_at desc, is_key_ambiguous desc, address_identity
        ) = 1
),

subscribed as (
    select
        told_apart.order_id,
        told_apart.sent_at
    from told_apart
    inner join by_hand.subscriptions using (customer_id)
    where told_apart.sent_at >= subscriptions.started_at
        and (subscriptions.ended_at is null or told_apart.sent_at < subscriptions.ended_at)
    union
    select
        told_apart.order_id,
        told_apart.sent_at
    from told_apart
    inner join by_hand.subscriptions using (email_key)
    where told_apart.sent_at >= subscriptions.started_at
        and (subscriptions.ended_at is null or told_apart.sent_at < subscriptions.ended_at)
),

redeemed as (
    select distinct
        order_id,
        code_key(code) as code_key,
        ordered_at
    from (
        select order_id, unnest(string_split(translate(discount_codes, ',;', '||'), '|')) as code, ordered_at
        from matchable_orders
        where discount_codes <> ''
    )
    where code_key(code) is not null
),

carried as (
    select
        recipients.*,
        count(*) over (partition by recipients.campaign_id, recipients.code_key) as carriers
    from by_hand.recipient_keys as recipients
    where recipients.code_key in (select code_key from redeemed)
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
    select campaign_id, code_key(unnest(string_split(translate(discount_codes, ',;', '||'), '|')))
    from by_hand.campaigns
),

by_code as (
    select order_id, 'recipient_code' as matched_on, campaign_id, recipient_id, code_key, window_start_at
    from own_codes
    union all
    select
        redeemed.order_id,
        'campaign_code' as matched_on,
        campaigns.campaign_id,
        null as recipient_id,
        redeemed.code_key,
        campaigns.launched_at as window_start_at
    from redeemed
    inner join campaign_codes using (code_key)
    inner join by_hand.campaigns using (campaign_id)
    anti join own_codes on redeemed.order_id = own_codes.order_id and campaigns.campaign_id = own_codes.campaign_id
    where redeemed.ordered_at >= campaigns.launched_at
),

also_mailed as (
    select held_out.campaign_id, held_out.recipient_id
    from by_hand.recipient_keys as held_out
    inner join by_hand.recipient_keys as mailed using (campaign_id, email_key)
    where held_out.is_holdout and not mailed.is_holdout and mailed.sent_at is not null
    union
    select held_out.campaign_id, held_out.recipient_id
    from by_hand.recipient_keys as held_out
    inner join by_hand.recipient_keys as mailed using (campaign_id, address_identity)
    where held_out.is_holdout and not mailed.is_holdout and mailed.sent_at is not null
),

held_out_by_email as (
    select
        orders.order_id,
        recipients.campaign_id,
        recipients.recipient_id,
        recipients.created_at
    from matchable_orders as orders
    inner join by_hand.recipient_keys as recipients using (email_key)
    where recipients.is_holdout and orders.ordered_at >= recipients.created_at
),

held_out as (
    select
        *,
        'email' as matched_on,
        null as match_tier,
        'same e-mail' as match_reason,
        false as is_ambiguous,
        null as competing_recipients
    from held_out_by_email
    union all by name
    select
        order_id,
        campaign_id,
        case when not is_ambiguous then recipient_id end as recipient_id,
        created_at,
        'shipping_address' as matched_on,
        match_tier,
        match_reason,
        is_ambiguous,
        case when is_ambiguous then competing_recipients end as competing_recipients
    from by_address
    -- several addresses are one row, whoever of them has the e-mail
    anti join (select *, false as is_ambiguous from held_out_by_email) using (
        order_id, campaign_id, recipient_id, is_ambiguous
    )
    where is_holdout
    qualify
        not is_ambiguous
        or row_number() over (
            partition by order_id, campaign_id, is_ambiguous
            order by created_at desc, by_address.competing_recipients desc, match_tier, match_reason
        ) = 1
)

select
    orders.order_id,
    'email' as match_method,
    'email' as matched_on,
    recipients.campaign_id,
    recipients.recipient_id,
    cast(null as integer) as match_tier,
    'same e-mail' as match_reason,
    cast(null as varchar) as veto_reason,
    cast(null as bigint) as competing_recipients,
    false as is_holdout,
    recipients.sent_at as window_start_at,
    1 as priority
from matchable_orders as orders
inner join by_hand.recipient_keys as recipients using (email_key)
where not recipients.is_holdout and orders.ordered_at >= recipients.sent_at
union all
select
    told_apart.order_id,
    'address' as match_method,
    'shipping_address' as matched_on,
    told_apart.campaign_id,
    told_apart.recipient_id,
    told_apart.match_tier,
    told_apart.match_reason,
    case
        when subscribed.order_id is not null then 'active_subscription'
        when told_apart.is_key_ambiguous then 'ambiguous_key'
        when told_apart.recipient_id is null then 'ambiguous_address'
    end as veto_reason,
    case when told_apart.recipient_id is null then told_apart.competing_recipients end as competing_recipients,
    false as is_holdout,
    told_apart.sent_at as window_start_at,
    2 as priority
from told_apart
left join subscribed using (order_id, sent_at)
union all
(
    select
        order_id,
        'discount_code' as match_method,
        matched_on,
        campaign_id,
        recipient_id,
        null as match_tier,
        'code ' || code_key as match_reason,
        null as veto_reason,
        null as competing_recipients,
        false as is_holdout,
        window_start_at,
        3 as priority
    from by_code
    qualify row_number() over (partition by order_id, campaign_id, recipient_id order by code_key) = 1
)
union all
select
    held_out.order_id,
    'holdout' as match_method,
    held_out.matched_on,
    held_out.campaign_id,
    held_out.recipient_id,
    held_out.match_tier,
    held_out.match_reason,
    case
        when held_out.is_ambiguous then 'ambiguous_address'
        when also_mailed.recipient_id is not null then 'also_mailed'
    end as veto_reason,
    held_out.competing_recipients,
    true as is_holdout,
    held_out.created_at as window_start_at,
    4 as priority
from held_out
left join also_mailed using (campaign_id, recipient_id);

create table by_hand.ledger as
with
timed as (
    select
        candidates.*,
        case
            when orders.ordered_at < candidates.window_start_at + campaigns.min_age then 'before_window'
            when orders.ordered_at >= candidates.window_start_at + campaigns.window_length then 'after_window'
            else 'in_window'
        end as timing_status
    from by_hand.candidates
    inner join by_hand.campaigns using (campaign_id)
    inner join by_hand.orders using (order_id)
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
        order by veto_reason is not null, priority, window_start_at desc, campaign_id, recipient_id nulls last
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

create table by_hand.verdicts as
with
winners as (from by_hand.ledger where match_rank = 1),

excluded_orders as (
    select order_id
    from by_hand.order_keys as keys
    where keys.written_email_key in (select email_key from by_hand.exclusions)
        or domain_of(keys.written_email_key) in (select email_domain from by_hand.exclusions)
        or keys.address_key in (select address_key from by_hand.exclusions inner join by_hand.int_addresses using (address_id))
),

excluded_recipients as (
    select campaign_id, recipient_id
    from by_hand.recipient_keys as keys
    where keys.written_email_key in (select email_key from by_hand.exclusions)
        or domain_of(keys.written_email_key) in (select email_domain from by_hand.exclusions)
        or keys.address_key in (select address_key from by_hand.exclusions inner join by_hand.int_addresses using (address_id))
        or keys.recipient_id in (select recipient_id from by_hand.exclusions where campaign_id is null)
        or (keys.campaign_id, keys.recipient_id) in (select (campaign_id, recipient_id) from by_hand.exclusions)
),

judged as (
    select
        orders.order_id,
        'files' as provider,
        orders.ordered_at,
        orders.currency,
        orders.total_amount,
        cast(case
            when orders.is_cancelled or (orders.refunded_amount is null and orders.status = 'refunded') then 0
            else orders.total_amount - coalesce(orders.refunded_amount, 0)
        end as decimal(18, 4)) as net_amount,
        keys.excluded_as,
        case
            when keys.excluded_as is not null then keys.excluded_as
            when winners.order_id is null then null
            when excluded_orders.order_id is not null or excluded_recipients.recipient_id is not null
                then 'excluded_party'
            when orders.is_cancelled then 'order_cancelled'
            when winners.timing_status <> 'in_window' then winners.timing_status
            when exists (
                select 1
                from config.blackout_periods as periods
                where periods.organization_id = 'bench'
                    and orders.ordered_at >= periods.starts_at
                    and orders.ordered_at < periods.ends_at
            ) then 'blackout_period'
            when orders.total_amount < campaigns.minimum_order_amount then 'below_minimum'
        end as reason,
        winners.match_method,
        winners.matched_on,
        winners.match_tier,
        winners.campaign_id,
        winners.recipient_id,
        winners.order_id is not null as has_winner,
        coalesce(winners.is_holdout, false) as is_holdout,
        coalesce(campaigns.is_archived, false) as is_archived,
        winners.window_start_at
    from by_hand.orders
    inner join by_hand.order_keys as keys using (order_id)
    left join winners using (order_id)
    left join by_hand.campaigns on winners.campaign_id = campaigns.campaign_id
    left join excluded_orders using (order_id)
    left join excluded_recipients
        on winners.campaign_id = excluded_recipients.campaign_id
        and winners.recipient_id = excluded_recipients.recipient_id
)

select
    order_id,
    provider,
    ordered_at,
    currency,
    total_amount,
    net_amount,
    case
        when excluded_as is not null then 'excluded'
        when not has_winner then 'unmatched'
        when reason is not null then 'rejected'
        when is_holdout then 'holdout'
        else 'attributed'
    end as attribution_status,
    reason,
    match_method,
    matched_on,
    match_tier,
    campaign_id,
    recipient_id,
    is_holdout,
    window_start_at,
    cast(floor(epoch_us(ordered_at - window_start_at) / 86400000000.0) as integer) as days_since_window_start,
    has_winner and reason is null as passes_rules,
    is_archived
from judged;

create table by_hand.events as
select
    order_id,
    cast(1 as bigint) as event_number,
    cast(current_timestamp as timestamp) as decided_at,
    * exclude (order_id)
from by_hand.verdicts;
