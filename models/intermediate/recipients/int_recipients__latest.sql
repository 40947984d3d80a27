-- One row per recipient as credit reads it: the latest value of each column. A recipient without a campaign, an arm or
-- the time of its assignment waits, and takes part in nothing.
{{ config(materialized='view') }}
with
merged as (select * from {{ ref('int_recipients__merged') }}),

taking_part as (
    select
        organization_id,
        campaign_id,
        recipient_id,
        {{ (profile_columns() + ['household_id', 'discount_code', 'segment', 'drop_id']) | join(', ') }},
        prior_revenue_amount,
        is_holdout,
        created_at,
        sent_at,
        in_home_at,
        pieces,
        address_id
    from merged
    where has_campaign and is_held_back is not true and is_holdout is not null and created_at is not null
)

select * from taking_part
