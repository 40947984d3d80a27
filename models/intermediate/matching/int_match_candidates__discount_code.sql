-- One row per order and recipient whose own code, or campaign whose code, it redeemed. An order with two codes
-- of one campaign is one candidate; its first code speaks for it.
{{ config(materialized='view') }}
with
pairs as (select * from {{ ref('int_match_pairs__discount_code') }}),

code_limit as (
    select max(max_recipients_per_key) as recipients
    from {{ ref('match_methods') }}
    where match_method = 'discount_code'
),

limited as (
    select
        pairs.organization_id,
        pairs.order_id,
        pairs.matched_on,
        pairs.campaign_id,
        case when not coalesce(pairs.carriers > code_limit.recipients, false) then pairs.recipient_id end
            as recipient_id,
        pairs.code_key,
        pairs.carriers,
        coalesce(pairs.carriers > code_limit.recipients, false) as is_ambiguous,
        pairs.window_start_at
    from pairs
    cross join code_limit
),

candidates as (
    select
        organization_id,
        order_id,
        'discount_code' as match_method,
        matched_on,
        campaign_id,
        recipient_id,
        cast(null as integer) as match_tier,
        'code ' || code_key as match_reason,
        case when is_ambiguous then 'ambiguous_key' end as veto_reason,
        case when is_ambiguous then carriers end as competing_recipients,
        false as is_holdout,
        window_start_at
    from limited
    qualify
        row_number() over (
            partition by organization_id, order_id, campaign_id, recipient_id
            order by is_ambiguous, code_key
        ) = 1
)

select * from candidates
