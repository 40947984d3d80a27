-- One row per campaign, rule, key and household whose orders the rule changes: by how much, in each arm. An order that
-- a code alone brings to a campaign has no household; it stands for itself.
{% set figures = {'orders': 'changes.orders', 'revenue': 'changes.revenue_amount'} %}
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

recipients as (select * from {{ ref('int_lift__outcomes') }}),

households as (select * from {{ ref('int_lift__households') }}),

per_household as (
    select
        changes.organization_id,
        changes.campaign_id,
        changes.rule,
        changes.match_key,
        coalesce(recipients.household_key, 'order:' || changes.order_id) as household_key,
        {% for arm, condition in [('treated', 'not changes.is_holdout'), ('holdout', 'changes.is_holdout')] %}
        {% for figure, value in figures.items() %}
        cast(sum(case when {{ condition }} then {{ value }} else 0 end) as decimal(18, 4)) as {{ arm }}_{{ figure }},
        {% endfor %}
        {% endfor %}
        count(*) as changes
    from changes
    left join recipients
        on changes.organization_id = recipients.organization_id
        and changes.campaign_id = recipients.campaign_id
        and changes.recipient_id = recipients.recipient_id
    group by
        changes.organization_id,
        changes.campaign_id,
        changes.rule,
        changes.match_key,
        coalesce(recipients.household_key, 'order:' || changes.order_id)
),

with_sizes as (
    select
        per_household.*,
        cast(coalesce(households.treated_recipients, 0) as decimal(18, 4)) as treated_recipients,
        cast(coalesce(households.holdout_recipients, 0) as decimal(18, 4)) as holdout_recipients
    from per_household
    left join households
        on per_household.organization_id = households.organization_id
        and per_household.campaign_id = households.campaign_id
        and per_household.household_key = households.household_key
)

select * from with_sizes
