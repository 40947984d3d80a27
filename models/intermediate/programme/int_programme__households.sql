-- One row per organization and household on any campaign's list: the known chance that no campaign mailed it, null
-- where the share that a campaign held out is unknown, and whether none did. Draws of campaigns are independent.
with
households as (select * from {{ ref('int_lift__households') }}),

shares as (select * from {{ ref('int_lift__designed_shares') }}),

never_mailed as (
    select
        households.organization_id,
        households.household_key,
        count(*) as campaigns,
        -- exact, so that households of the same campaigns are of one class
        case
            when count(*) = count(shares.designed_share)
                then sum(cast(ln(shares.designed_share) as decimal(28, 12)))
        end as log_probability,
        sum(households.treated_recipients) = 0 as is_never_mailed
    from households
    left join shares
        on households.organization_id = shares.organization_id
        and households.campaign_id = shares.campaign_id
    group by households.organization_id, households.household_key
)

select * from never_mailed
