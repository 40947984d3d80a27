-- One row per campaign, rule, key and household whose orders the rule changes: by how much, in each arm. An order that
-- a code alone brings to a campaign has no household; it stands for itself.
{% set figures = {'orders': 'orders', 'revenue': 'revenue_amount'} %}
with
changes as (
    {% for rule in audit_rules() %}
    select
        {{ audit_change_columns() | join(', ') }},
        '{{ rule }}' as rule
    from {{ ref('int_lift__audit_changes__' ~ rule) }}
    {{ "union all" if not loop.last }}
    {% endfor %}
),

households as (select * from {{ ref('int_lift__households') }}),

per_household as (
    select
        organization_id,
        campaign_id,
        rule,
        match_key,
        coalesce(household_key, 'order:' || order_id) as household_key,
        {% for arm, condition in [('treated', 'not is_holdout'), ('holdout', 'is_holdout')] %}
        {% for figure, value in figures.items() %}
        {{ total('case when ' ~ condition ~ ' then ' ~ value ~ ' else 0 end') }} as {{ arm }}_{{ figure }},
        {% endfor %}
        {% endfor %}
        count(*) as changes
    from changes
    group by organization_id, campaign_id, rule, match_key, coalesce(household_key, 'order:' || order_id)
),

with_sizes as (
    select
        per_household.*,
        coalesce(households.treated_recipients, 0) as treated_recipients,
        coalesce(households.holdout_recipients, 0) as holdout_recipients
    from per_household
    left join households
        on per_household.organization_id = households.organization_id
        and per_household.campaign_id = households.campaign_id
        and per_household.household_key = households.household_key
)

select * from with_sizes
