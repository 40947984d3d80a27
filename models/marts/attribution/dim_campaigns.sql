-- One row per campaign of a configured organization, defaults filled in.
with
campaigns as (select * from {{ ref('int_campaigns') }})

select
    organization_id,
    campaign_id,
    name,
    status,
    creative,
    currency,
    audience_provider,
    audience_id,
    discount_codes,
    min_age_days,
    window_days,
    in_home_days,
    holdout_share,
    gross_margin_rate,
    piece_cost_amount,
    minimum_order_amount,
    launched_at
from campaigns
