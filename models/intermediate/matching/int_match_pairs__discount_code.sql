-- One row per order, redeemed code and recipient whose own code it is; else per order, code and campaign whose
-- code it is.
with
matched as (
    select * from {{ ref('int_match_pairs__own_code') }}
    union all
    select * from {{ ref('int_match_pairs__campaign_code') }}
)

select * from matched
