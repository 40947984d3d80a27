-- One row per candidate with its rank among those that compete for the order, and why it lost.
-- The order is total: priority, latest window start, campaign, recipient (none last). Vetoed candidates do
-- not compete; under validate_then_rank neither do those outside their window.
{{ config(
    materialized='incremental',
    incremental_strategy='replace_scope',
    meta={'scope': 'int_orders__to_decide', 'keys': order_key()},
) }}
{{ after('int_orders__to_decide') }}
with
candidates as (select * from {{ ref('int_match_candidates__timed') }}),

organizations as (select * from {{ ref('int_organizations') }}),

competing as (
    select
        candidates.*,
        candidates.veto_reason is null
        and (organizations.timing_rule = 'rank_then_validate' or candidates.timing_status = 'in_window')
            as is_competing
    from candidates
    inner join organizations on candidates.organization_id = organizations.organization_id
),

-- the winner, if any candidate competes, is the first of its order
placed as (
    select
        *,
        row_number() over by_rank as place,
        first_value(priority) over by_rank as winning_priority,
        first_value(window_start_at) over by_rank as winning_start_at
    from competing
    window by_rank as (
        partition by organization_id, order_id
        order by is_competing desc, priority, window_start_at desc, campaign_id, recipient_id nulls last
    )
),

compared as (
    select
        *,
        case when is_competing then place end as match_rank
    from placed
),

explained as (
    select
        organization_id,
        order_id,
        match_method,
        matched_on,
        campaign_id,
        recipient_id,
        timing_status,
        veto_reason,
        match_reason,
        case
            when veto_reason is not null then veto_reason
            when not is_competing then timing_status
            when match_rank = 1 then null
            when priority > winning_priority then 'lower_priority'
            when window_start_at < winning_start_at then 'earlier_mailing'
            else 'tie_break'
        end as lost_reason,
        match_tier,
        match_rank,
        competing_recipients,
        is_holdout,
        window_start_at
    from compared
)

select * from explained
