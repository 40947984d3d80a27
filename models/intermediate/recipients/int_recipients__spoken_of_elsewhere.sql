-- One row per recipient and statement of a provider or of matchback's own draw, and whether a tick has not read it yet
-- (`is_touched`).
{{ config(materialized='view') }}
{{ after('int_build__horizons') }}
with
from_audiences as (
    select
        organization_id,
        campaign_id,
        recipient_id,
        case provider
            when 'klaviyo' then {{ is_new('raw_klaviyo.audience_members') }}
            when 'shopify' then {{ is_new('raw_shopify.segment_members') }}
            else {{ is_new('raw_ometria.list_changes') }} or {{ is_new('raw_ometria.profiles') }}
        end as is_touched
    from {{ ref('int_audience_statements') }}
),

from_draws as (
    select
        organization_id,
        campaign_id,
        recipient_id,
        {{ is_new('ops.assignments', 'assigned_at') }} as is_touched
    from {{ ref('stg_ops__assignments') }}
),

spoken_of as (
    select * from from_audiences
    union all
    select * from from_draws
)

select * from spoken_of
