-- One row per campaign, and per segment of it, with a holdout and enough buyers: the share of the mailed arm's orders
-- that would have come without the mail, the ratio of the holdout's mean to the mailed arm's. Its error follows from
-- that of the relative lift, of which it is the inverse plus one.
with
estimates as (
    select *
    from {{ ref('int_lift__estimates') }}
    where period = 'lift'
        and metric = 'orders_per_recipient'
        and estimator = 'difference_in_means_household_clustered_t'
        and cut in ('campaign', 'segment')
        and relative_lift_standard_error > 0
        and relative_lift > -1
),

shares as (
    select
        organization_id,
        campaign_id,
        cut,
        cut_value,
        critical_t,
        1 / (1 + relative_lift) as organic_share,
        relative_lift_standard_error / power(1 + relative_lift, 2) as organic_share_standard_error
    from estimates
)

select * from shares
