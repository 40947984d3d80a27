-- One row per campaign of a configured organization, merged column by column, defaults filled in.
with
statements as (
    select
        *,
        {{ statement_order(['organization_id', 'campaign_id']) }} as statement_order
    from {{ ref('stg_files__campaigns') }}
    where is_current
),

organizations as (select * from {{ ref('int_organizations') }}),

merged as (
    select
        organization_id,
        campaign_id,
        {{ latest_value('name') }} as name,
        {{ latest_value('status') }} as status,
        {{ latest_value('creative') }} as creative,
        {{ latest_value('currency') }} as currency,
        {{ latest_value('audience_provider') }} as audience_provider,
        {{ latest_value('audience_id') }} as audience_id,
        {{ latest_value('discount_codes') }} as discount_codes,
        cast({{ latest_value('min_age_days') }} as integer) as min_age_days,
        cast({{ latest_value('window_days') }} as integer) as window_days,
        cast({{ latest_value('in_home_days') }} as integer) as in_home_days,
        cast({{ latest_value('holdout_share') }} as decimal(9, 6)) as holdout_share,
        cast({{ latest_value('gross_margin_rate') }} as decimal(9, 6)) as gross_margin_rate,
        cast({{ latest_value('piece_cost') }} as decimal(18, 4)) as piece_cost_amount,
        cast({{ latest_value('minimum_order_amount') }} as decimal(18, 4)) as minimum_order_amount,
        cast({{ latest_value('launched_at') }} as timestamp) as launched_at
    from statements
    group by organization_id, campaign_id
),

settled as (
    select
        merged.organization_id,
        merged.campaign_id,
        merged.name,
        coalesce(merged.status, 'active') as status,
        merged.creative,
        coalesce(upper(merged.currency), organizations.currency) as currency,
        merged.audience_provider,
        merged.audience_id,
        merged.discount_codes,
        coalesce(merged.min_age_days, 1) as min_age_days,
        coalesce(merged.window_days, 90) as window_days,
        coalesce(merged.in_home_days, 5) as in_home_days,
        merged.holdout_share,
        merged.gross_margin_rate,
        merged.piece_cost_amount,
        merged.minimum_order_amount,
        merged.launched_at
    from merged
    inner join organizations on merged.organization_id = organizations.organization_id
)

select * from settled
