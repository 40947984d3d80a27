-- One row per pair of campaigns of an organization that share mailed people or orders: how many people (by e-mail, else
-- address) both mailed, for how many orders both have a candidate that competes, and who won those.
with
people as (
    select distinct
        organization_id,
        campaign_id,
        coalesce(email_key, address_identity) as person_key
    from {{ ref('int_recipients__keyed') }}
    where reading = 'latest'
        and not is_holdout
        and sent_at is not null
        and coalesce(email_key, address_identity) is not null
),

shared_people as (
    select
        people.organization_id,
        people.campaign_id,
        others.campaign_id as other_campaign_id,
        count(*) as shared_people
    from people
    inner join people as others
        on people.organization_id = others.organization_id
        and people.person_key = others.person_key
        and people.campaign_id <> others.campaign_id
    group by people.organization_id, people.campaign_id, others.campaign_id
),

claims as (
    select
        organization_id,
        order_id,
        campaign_id,
        bool_or(match_rank = 1) as is_winner
    from {{ ref('fct_match_candidates') }}
    where match_rank is not null
    group by organization_id, order_id, campaign_id
),

shared_orders as (
    select
        claims.organization_id,
        claims.campaign_id,
        others.campaign_id as other_campaign_id,
        count(*) as shared_orders,
        count(case when claims.is_winner then 1 end) as orders_won,
        count(case when others.is_winner then 1 end) as orders_lost
    from claims
    inner join claims as others
        on claims.organization_id = others.organization_id
        and claims.order_id = others.order_id
        and claims.campaign_id <> others.campaign_id
    group by claims.organization_id, claims.campaign_id, others.campaign_id
),

overlapping as (
    select
        coalesce(shared_people.organization_id, shared_orders.organization_id) as organization_id,
        coalesce(shared_people.campaign_id, shared_orders.campaign_id) as campaign_id,
        coalesce(shared_people.other_campaign_id, shared_orders.other_campaign_id) as other_campaign_id,
        coalesce(shared_people.shared_people, 0) as shared_people,
        coalesce(shared_orders.shared_orders, 0) as shared_orders,
        coalesce(shared_orders.orders_won, 0) as orders_won,
        coalesce(shared_orders.orders_lost, 0) as orders_lost
    from shared_people
    full outer join shared_orders
        on shared_people.organization_id = shared_orders.organization_id
        and shared_people.campaign_id = shared_orders.campaign_id
        and shared_people.other_campaign_id = shared_orders.other_campaign_id
)

select * from overlapping
