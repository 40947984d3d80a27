-- One row per order, arm and key of it that tells its recipients of a campaign not apart: a key that too many share, or
-- one of several addresses that may be meant. `started_at` is when mail last went to one of them, or one of them was
-- last assigned to the holdout, before the order. Orders and recipients are put in one line by time and never joined,
-- so that four thousand of each are eight thousand rows.
{% set arms = {
    'mailed': ('not is_holdout and sent_at is not null', 'sent_at'), 'held_out': ('is_holdout', 'created_at'),
} %}
with
recipients {{ inlined() }} (
    select
        organization_id,
        campaign_id,
        email_key,
        address_identity,
        is_holdout,
        created_at,
        sent_at
    from {{ ref('int_recipients__matched') }}
    union all
    select
        organization_id,
        campaign_id,
        email_key,
        address_identity,
        is_holdout,
        created_at,
        {{ piece_time('piece', 'sent_at') }} as sent_at
    from (
        select
            *,
            {{ json_rows('pieces', '$') }} as piece
        from {{ ref('int_recipients__matched') }}
        where pieces is not null
    ) as several
),

matches as (
    select
        organization_id,
        order_id,
        campaign_id,
        'email_key' as key_name,
        email_key as match_key,
        mail_crowd is not null as is_ambiguous_for_mailed,
        holdout_crowd is not null as is_ambiguous_for_held_out,
        ordered_at
    from {{ ref('int_email_matches__counted') }}
    where mail_crowd is not null or holdout_crowd is not null
    union all
    select
        organization_id,
        order_id,
        campaign_id,
        'address_identity' as key_name,
        address_identity as match_key,
        is_ambiguous or mail_crowd is not null as is_ambiguous_for_mailed,
        is_ambiguous or holdout_crowd is not null as is_ambiguous_for_held_out,
        ordered_at
    from {{ ref('int_address_matches__counted') }}
    where is_ambiguous or mail_crowd is not null or holdout_crowd is not null
),

keys as (
    select distinct
        organization_id,
        campaign_id,
        key_name,
        match_key
    from matches
),

timeline as (
    {% for arm, (is_of_arm, start) in arms.items() %}
    select
        organization_id,
        campaign_id,
        key_name,
        match_key,
        '{{ arm }}' as arm,
        order_id,
        ordered_at as happened_at,
        cast(null as timestamp) as started_at
    from matches
    where is_ambiguous_for_{{ arm }}
    {% for key in ['email_key', 'address_identity'] %}
    union all
    select distinct
        keys.organization_id,
        keys.campaign_id,
        keys.key_name,
        keys.match_key,
        '{{ arm }}' as arm,
        cast(null as varchar) as order_id,
        recipients.{{ start }} as happened_at,
        recipients.{{ start }} as started_at
    from recipients
    inner join keys
        on keys.key_name = '{{ key }}'
        and recipients.organization_id = keys.organization_id
        and recipients.campaign_id = keys.campaign_id
        and recipients.{{ key }} = keys.match_key
    where {{ is_of_arm }}
    {% endfor %}
    {{ "union all" if not loop.last }}
    {% endfor %}
),

-- rows of one instant count as before each other: mail that went out with the order's own second is not too late
placed as (
    select
        organization_id,
        order_id,
        campaign_id,
        key_name,
        match_key,
        arm,
        max(started_at) over (
            partition by organization_id, campaign_id, key_name, match_key, arm
            order by happened_at
            range between unbounded preceding and current row
        ) as started_at
    from timeline
)

select * from placed
where order_id is not null and started_at is not null
