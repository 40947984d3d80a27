-- One row per campaign with recipients: where its recipients' prior revenue comes from. The figure of the recipients
-- file where no recipient lacks it, else their own orders of the year before assignment, the same for both arms.
with
recipients as (select * from {{ ref('int_recipients__as_assigned') }}),

covariates as (
    select
        organization_id,
        campaign_id,
        count(*) = count(prior_revenue_amount) as is_stated,
        case when count(*) = count(prior_revenue_amount) then 'stated_prior_revenue' else 'own_orders_of_365_days' end
            as covariate
    from recipients
    group by organization_id, campaign_id
)

select * from covariates
