-- One row per campaign of a configured organization, defaults filled in.
with
stated as (select * from {{ ref('int_campaigns__stated') }}),

organizations as (select * from {{ ref('int_organizations') }}),

settled as (
    select
        stated.organization_id,
        stated.campaign_id,
        stated.name,
        coalesce(stated.status, 'active') as status,
        stated.creative,
        coalesce(upper(stated.currency), organizations.currency) as currency,
        stated.audience_provider,
        stated.audience_id,
        stated.discount_codes,
        coalesce(stated.min_age_days, 1) as min_age_days,
        coalesce(stated.window_days, 90) as window_days,
        coalesce(stated.in_home_days, 5) as in_home_days,
        stated.holdout_share,
        stated.gross_margin_rate,
        stated.piece_cost as piece_cost_amount,
        stated.minimum_order_amount,
        stated.launched_at
    from stated
    inner join organizations on stated.organization_id = organizations.organization_id
    where stated.is_held_back is not true
)

select * from settled
