-- One row per recipient as lift reads it: the earliest value of each column, see int_recipients__restated. Of whom one
-- row says all, it is also the latest. Whom no file, list or draw names any more `is_withdrawn`: credit knows nothing
-- of him or her, lift does.
{{ config(materialized='view') }}
with
restated as (select * from {{ ref('int_recipients__restated') }}),

latest as (select * from {{ ref('int_recipients__latest') }}),

as_assigned as (
    select
        restated.*,
        latest.recipient_id is null as is_withdrawn
    from restated
    left join latest
        on restated.organization_id = latest.organization_id
        and restated.campaign_id = latest.campaign_id
        and restated.recipient_id = latest.recipient_id
    union all
    select
        latest.organization_id,
        latest.campaign_id,
        latest.recipient_id,
        latest.email,
        latest.address1,
        latest.address2,
        latest.city,
        latest.region,
        latest.postal_code,
        latest.country,
        latest.household_id,
        latest.segment,
        latest.prior_revenue_amount,
        latest.is_holdout,
        latest.created_at,
        latest.address_id,
        false as is_withdrawn
    from latest
    left join restated
        on latest.organization_id = restated.organization_id
        and latest.campaign_id = restated.campaign_id
        and latest.recipient_id = restated.recipient_id
    where restated.recipient_id is null
)

select * from as_assigned
