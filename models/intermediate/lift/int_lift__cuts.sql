-- One row per part of a campaign by what was known at assignment and metric, and per campaign with a creative and
-- metric, with the parts it is compared with (`pool_id`): those of the campaign, for creatives those of the
-- organization.
with
estimates as (
    select *
    from {{ ref('int_lift__estimates') }}
    where period = 'lift' and estimator = 'difference_in_means_household_clustered_t'
),

campaigns as (select * from {{ ref('int_campaigns') }}),

cuts as (
    select
        estimates.*,
        estimates.campaign_id as pool_id
    from estimates
    where estimates.cut in ('segment', 'bought_before', 'drop_date')
    union all
    select
        estimates.* replace ('creative' as cut, campaigns.creative as cut_value),
        '' as pool_id
    from estimates
    inner join campaigns
        on estimates.organization_id = campaigns.organization_id
        and estimates.campaign_id = campaigns.campaign_id
    where estimates.cut = 'campaign'
        and campaigns.creative is not null
        and estimates.metric in ({{ quoted(cut_metrics()) }})
)

select * from cuts
