-- One row per recipient who was sent several pieces of mail: `pieces`, a JSON list of them by the time they were sent,
-- and the first of those times. What is said without a drop, within seven days of one, is that drop.
{{ config(materialized='view') }}
with
pieces as (select * from {{ ref('int_recipients__stated_pieces') }}),

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
