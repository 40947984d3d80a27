-- One row per order and campaign that a key of it matches which tells its held-out recipients not apart: too many
-- recipients share the e-mail or the address, or several addresses may be meant. Of several such keys the first holds.
{{ config(materialized='view') }}
with
starts as (
    select *
    from {{ ref('int_crowd_starts') }}
    where arm = 'held_out'
),

by_email as (
    select
        matches.organization_id,
        matches.order_id,
        matches.campaign_id,
        'email' as matched_on,
        cast(null as integer) as match_tier,
        matches.match_reason,
        true as is_key_ambiguous,
        matches.holdout_crowd as competing_recipients,
        starts.started_at as created_at
    from {{ ref('int_email_matches__counted') }} as matches
    inner join starts
        on starts.key_name = 'email_key'
        and matches.organization_id = starts.organization_id
        and matches.order_id = starts.order_id
        and matches.campaign_id = starts.campaign_id
        and matches.email_key = starts.match_key
),

by_address as (
    select
        matches.organization_id,
        matches.order_id,
        matches.campaign_id,
        matches.matched_on,
        matches.match_tier,
        matches.match_reason,
        matches.holdout_crowd is not null as is_key_ambiguous,
        case when matches.is_ambiguous then matches.competing_recipients else matches.holdout_crowd end
            as competing_recipients,
        starts.started_at as created_at
    from {{ ref('int_address_matches__counted') }} as matches
    inner join starts
        on starts.key_name = 'address_identity'
        and matches.organization_id = starts.organization_id
        and matches.order_id = starts.order_id
        and matches.campaign_id = starts.campaign_id
        and matches.address_identity = starts.match_key
),

crowds as (
    select * from by_email
    union all
    select * from by_address
)

select *
from crowds
qualify
    row_number() over (
        partition by organization_id, order_id, campaign_id
        order by
            matched_on, created_at desc, is_key_ambiguous desc, competing_recipients desc, match_tier, match_reason
    ) = 1
