-- One row per piece of mail that a recipient of a campaign was sent: each of several, or the one there was.
with
recipients as (
    select
        organization_id,
        campaign_id,
        recipient_id,
        drop_id,
        is_holdout,
        sent_at,
        in_home_at,
        pieces
    from {{ ref('int_recipients__latest') }}
    where sent_at is not null
),

of_several as (
    select
        *,
        {{ json_rows('pieces', '$') }} as piece
    from recipients
    where pieces is not null
),

pieces as (
    select
        organization_id,
        campaign_id,
        recipient_id,
        {{ json_text('piece', '$.drop_id') }} as drop_id,
        is_holdout,
        {{ piece_time('piece', 'sent_at') }} as sent_at,
        {{ piece_time('piece', 'in_home_at') }} as in_home_at
    from of_several
    union all
    select
        organization_id,
        campaign_id,
        recipient_id,
        drop_id,
        is_holdout,
        sent_at,
        in_home_at
    from recipients
    where pieces is null
),

numbered as (
    select
        organization_id,
        campaign_id,
        recipient_id,
        cast(row_number() over (
            partition by organization_id, campaign_id, recipient_id
            order by sent_at, drop_id
        ) as bigint) as piece_number,
        drop_id,
        is_holdout,
        sent_at,
        in_home_at
    from pieces
)

select * from numbered
