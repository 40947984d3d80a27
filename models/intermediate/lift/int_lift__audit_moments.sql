-- One row per campaign, rule of credit that treats the arms differently, key and metric: the sums over households from
-- which follows the lift that the rule alone would invent. Zeros where it changes nothing.
{% set metrics = {'orders_per_recipient': 'orders', 'revenue_per_recipient': 'revenue'} %}
{% set figures = metrics.values() | list %}
{% set products = ratio_products(figures, 'recipients') %}
with
sizes as (
    select *
    from {{ ref('int_lift__sizes') }}
    where cut = 'campaign'
),

rules as (
    {% for rule, keys in audit_rules().items() %}
    {% set is_last_rule = loop.last %}
    {% for key in keys %}
    select
        '{{ rule }}' as rule,
        '{{ key }}' as match_key
    {{ "union all" if not (loop.last and is_last_rule) }}
    {% endfor %}
    {% endfor %}
),

sums as (
    select
        organization_id,
        campaign_id,
        rule,
        match_key,
        {{ household_sums(figures, products) }}
    from {{ ref('int_lift__audit_households') }}
    group by organization_id, campaign_id, rule, match_key
),

complete as (
    select
        sizes.*,
        {% for column in summed_columns(figures, products) %}
        coalesce(sums.{{ column }}, 0) as {{ column }},
        {% endfor %}
        rules.rule,
        rules.match_key
    from sizes
    cross join rules
    left join sums
        on sizes.organization_id = sums.organization_id
        and sizes.campaign_id = sums.campaign_id
        and rules.rule = sums.rule
        and rules.match_key = sums.match_key
),

moments as (
    {% for metric, figure in metrics.items() %}
    select
        organization_id,
        campaign_id,
        rule,
        match_key,
        '{{ metric }}' as metric,
        cast(treated_orders as bigint) as treated_orders_change,
        cast(holdout_orders as bigint) as holdout_orders_change,
        treated_households,
        holdout_households,
        {{ ratio_sums(figure, 'recipients') }}
    from complete
    {{ "union all" if not loop.last }}
    {% endfor %}
)

select * from moments
