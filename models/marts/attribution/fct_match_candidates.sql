-- One row per order, method, campaign and recipient: the ledger of every candidate, the losers with their reason.
{{ config(materialized='view', meta={'kept_as': 'int_match_candidates__decided'}) }}
{{ after('int_match_candidates__decided') }}
with
ranked as (select * from {{ ref('int_match_candidates__ranked') }}),

candidates as (
    select
        organization_id,
        order_id,
        match_method,
        matched_on,
        campaign_id,
        recipient_id,
        is_holdout,
        window_start_at,
        timing_status,
        veto_reason,
        cast(competing_recipients as bigint) as competing_recipients,
        match_tier,
        match_reason,
        cast(match_rank as bigint) as match_rank,
        lost_reason
    from ranked
)

select * from candidates
