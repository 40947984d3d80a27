-- One row per campaign with buyers, metric: the sum of squares over recipients of what each did, of either arm.
with
outcomes as (
    select *
    from {{ ref('int_lift__outcomes') }}
    where orders > 0
),

squares as (
    {% for metric, figure in {
        'conversion_rate': '1',
        'orders_per_recipient': 'orders',
        'revenue_per_recipient': 'revenue_amount',
        'merchandise_per_recipient': 'merchandise_amount',
    }.items() %}
    select
        organization_id,
        campaign_id,
        {% for arm, condition in [('treated', 'not is_holdout'), ('holdout', 'is_holdout')] %}
        {% set value = '(case when ' ~ condition ~ ' then ' ~ figure ~ ' else 0 end)' %}
        {{ product_total(value, value) }} as {{ arm }}_squares,
        {% endfor %}
        '{{ metric }}' as metric
    from outcomes
    group by organization_id, campaign_id
    {{ "union all" if not loop.last }}
    {% endfor %}
)

select * from squares
