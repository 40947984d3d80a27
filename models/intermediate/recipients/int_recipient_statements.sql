-- One row per statement about a recipient about whom more than one row of one file speaks, in the order in which they
-- were said (`statement_order`). In a tick: about those that it reads.
with
campaigns as (select * from {{ ref('int_campaigns') }}),

unioned as (select * from {{ ref('int_recipient_statements__unioned') }}),

ordered as (
    select
        unioned.*,
        campaigns.campaign_id is not null as has_campaign,
        row_number() over (
            partition by unioned.organization_id, unioned.campaign_id, unioned.recipient_id
            order by unioned.said_at, unioned.source_key, unioned.file_read, unioned.row_number
        ) as statement_order
    from unioned
    left join campaigns
        on unioned.organization_id = campaigns.organization_id
        and unioned.campaign_id = campaigns.campaign_id
)

select * from ordered
