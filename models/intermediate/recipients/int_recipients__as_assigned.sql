-- One row per recipient as lift reads it: the earliest value of each column, see int_recipients__restated. Of whom one
-- row says all, it is also the latest.
{{ config(materialized='view') }}
with
restated as (select * from {{ ref('int_recipients__restated') }}),

latest as (select * from {{ ref('int_recipients__latest') }}),

as_assigned as (
    select * from restated
    union all
    select
        organization_id,
        campaign_id,
        recipient_id,
        email,
        address1,
        address2,
        city,
        region,
        postal_code,
        country,
        household_id,
        segment,
        prior_revenue_amount,
        is_holdout,
        created_at
    from latest
    where not exists (
            select 1
            from restated
            where restated.organization_id = latest.organization_id
                and restated.campaign_id = latest.campaign_id
                and restated.recipient_id = latest.recipient_id
        )
)

select * from as_assigned
