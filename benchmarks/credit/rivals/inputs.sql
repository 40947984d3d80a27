-- What rivals.py begins with: the tables of keys that the hand-written script made.
copy (
    select
        keys.order_id,
        keys.customer_id,
        keys.email_key,
        keys.written_email_key,
        nullif(regexp_extract(keys.written_email_key, '@([^@]*)$', 1), '') as email_domain,
        keys.address_key,
        keys.address_reading,
        keys.discount_codes,
        keys.is_gift,
        keys.excluded_as,
        orders.is_cancelled,
        cast(orders.total_amount as double) as total_amount,
        keys.ordered_at
    from by_hand.order_keys as keys
    inner join by_hand.orders using (order_id)
) to '{folder}/orders.parquet';

copy (
    select
        campaign_id,
        recipient_id,
        email_key,
        written_email_key,
        nullif(regexp_extract(written_email_key, '@([^@]*)$', 1), '') as email_domain,
        address_key,
        address_identity,
        code_key,
        is_holdout,
        created_at,
        sent_at
    from by_hand.recipient_keys
) to '{folder}/recipients.parquet';

copy (
    select address_reading, campaign_id, address_identity, match_tier, match_reason, is_ambiguous, competing_recipients
    from by_hand.address_matches
) to '{folder}/address_matches.parquet';

copy (
    select
        campaign_id,
        discount_codes,
        cast(extract(day from min_age) as integer) as min_age_days,
        cast(extract(day from window_length) as integer) as window_days,
        cast(minimum_order_amount as double) as minimum_order_amount,
        launched_at
    from by_hand.campaigns
) to '{folder}/campaigns.parquet';

copy (
    select
        exclusions.email_key,
        exclusions.email_domain,
        addresses.address_key,
        exclusions.campaign_id,
        exclusions.recipient_id
    from by_hand.exclusions
    left join by_hand.int_addresses as addresses using (address_id)
) to '{folder}/exclusions.parquet';

copy (select customer_id, email_key, started_at, ended_at from by_hand.subscriptions) to '{folder}/subscriptions.parquet';

-- and what it must come to
copy (
    select
        order_id, match_method, matched_on, campaign_id, recipient_id, is_holdout, window_start_at, timing_status,
        veto_reason, cast(competing_recipients as bigint) as competing_recipients, cast(match_tier as integer) as match_tier,
        match_reason, cast(match_rank as bigint) as match_rank, lost_reason
    from by_hand.ledger
) to '{folder}/ledger.parquet';

copy (
    select order_id, attribution_status, reason, match_method, campaign_id, recipient_id
    from by_hand.verdicts
) to '{folder}/verdicts.parquet';
