-- One row per organization with mailed recipients: sums over its campaigns of what the mailed did, and of what they
-- would have done as those held out of the same list did, and the skewness of the revenue of both. Doubles are added up
-- in one order.
{% set partition = ['organization_id', 'campaign_id'] %}
with
lists as (select * from {{ ref('int_programme__lists') }}),

sums as (
    select
        organization_id,
        {% for name, expression in {
            'comparable_lists': 'case when treated_factor * holdout_factor * weight > 0 then 1 else 0 end',
            'lists': '1',
            'treated_buyers': 'treated_buyers',
            'holdout_buyers': 'holdout_buyers',
            'orders': 'coalesce(orders, 0)',
            'other_currency_orders': 'coalesce(other_currency_orders, 0)',
            'treated': 'cast(treated_households as double)',
            'holdouts': 'cast(holdout_households as double)',
            'squares': 'coalesce(revenue_squares, 0)',
            'cubes': 'coalesce(revenue_skewness * power(revenue_squares, 1.5), 0)',
        }.items() %}
        {{ sum_in_order(expression, *partition) }} as {{ name }},
        {% endfor %}
        {% for figure in programme_metrics().values() %}
        {% for arm in ['treated', 'holdout'] %}
        {{ sum_in_order('treated_recipients * ' ~ arm ~ '_' ~ figure ~ '_mean', *partition) }}
            as {{ arm }}_{{ figure }},
        {% endfor %}
        {% endfor %}
        row_number() over (partition by organization_id order by campaign_id) as list_number
    from lists
),

totals as (
    select
        *,
        cubes / nullif(power(squares, 1.5), 0) * (treated - holdouts) / nullif(sqrt(treated * holdouts), 0) as skewness
    from sums
    where list_number = 1
)

select * from totals
