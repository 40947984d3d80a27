-- One row per part of a campaign with a p-value: its q-value by Benjamini and Hochberg over the parts it is compared
-- with.
{% set family = 'organization_id, pool_id, metric, cut' %}
with
parts as (
    select *
    from {{ ref('int_lift__cuts') }}
    where p_value is not null
),

ranked as (
    select
        *,
        p_value * count(*) over (partition by {{ family }})
        / row_number() over (partition by {{ family }} order by p_value, campaign_id, cut_value) as scaled_p_value
    from parts
),

tested as (
    select
        organization_id,
        campaign_id,
        metric,
        cut,
        cut_value,
        min(scaled_p_value) over (
            partition by {{ family }}
            order by p_value desc, campaign_id desc, cut_value desc
            rows between unbounded preceding and current row
        ) as q_value
    from ranked
)

select * from tested
