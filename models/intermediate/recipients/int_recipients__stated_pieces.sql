-- One row per recipient and piece of mail that is stated: a drop is a piece, and of what is said without a drop, mail
-- sent seven days or more after the last is another piece, and a nearer time corrects it.
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
)

select * from pieces
