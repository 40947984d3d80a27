-- One row per recipient who was sent several pieces of mail: `pieces`, a JSON list of them by the time they were sent,
-- and the first of those times. A drop is a piece. Of what is said without a drop, mail sent seven days or more after
-- the last is another piece, and a nearer time corrects it; beside a drop within seven days it is that drop.
{{ config(materialized='view') }}
with
statements as (
    select
        organization_id,
        campaign_id,
        recipient_id,
        nullif(drop_id, '') as drop_id,
        statement_order,
        {{ utc_time('sent_at') }} as sent_at,
        {{ utc_time("nullif(in_home_at, '')") }} as in_home_at
    from {{ ref('int_recipient_statements') }}
    where is_current and sent_at <> ''
),

compared as (
    select
        *,
        case
            when drop_id is null and sent_at >= {{ add_days('lag(sent_at) over of_one_drop', '7') }} then 1
            else 0
        end as is_another
    from statements
    where sent_at is not null
    window of_one_drop as (partition by organization_id, campaign_id, recipient_id, drop_id order by statement_order)
),

numbered as (
    select
        *,
        sum(is_another) over (
            partition by organization_id, campaign_id, recipient_id, drop_id
            order by statement_order
            rows between unbounded preceding and current row
        ) as piece_number
    from compared
),

pieces as (
    select
        organization_id,
        campaign_id,
        recipient_id,
        drop_id,
        piece_number,
        max_by(sent_at, statement_order) as sent_at,
        max_by(in_home_at, statement_order) filter (where in_home_at is not null) as in_home_at
    from numbered
    group by organization_id, campaign_id, recipient_id, drop_id, piece_number
),

apart as (
    select
        pieces.*,
        row_number() over (
            partition by pieces.organization_id, pieces.campaign_id, pieces.recipient_id
            order by pieces.sent_at, pieces.drop_id, pieces.piece_number
        ) as piece_order
    from pieces
    where pieces.drop_id is not null
        or not exists (
            select 1
            from pieces as drops
            where drops.organization_id = pieces.organization_id
                and drops.campaign_id = pieces.campaign_id
                and drops.recipient_id = pieces.recipient_id
                and drops.drop_id is not null
                and drops.sent_at < {{ add_days('pieces.sent_at', '7') }}
                and pieces.sent_at < {{ add_days('drops.sent_at', '7') }}
        )
),

several as (
    select
        organization_id,
        campaign_id,
        recipient_id,
        {{ json_array_of(['drop_id', 'sent_at', 'in_home_at'], 'piece_order') }} as pieces,
        min(sent_at) as first_sent_at
    from apart
    group by organization_id, campaign_id, recipient_id
    having count(*) > 1
)

select * from several
