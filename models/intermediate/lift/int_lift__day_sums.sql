-- One row per campaign and day of the window on which somebody ordered: by how much the sums over households, and those
-- of squares and products, of what had been done so far rose on it.
{% set figures = adjusted_metrics().values() %}
with
days as (select * from {{ ref('int_lift__household_days') }}),

sums as (
    select
        organization_id,
        campaign_id,
        {% for figure in figures %}
        {% for arm in ['treated', 'holdout'] %}
        sum({{ arm }}_{{ figure }}_added) as {{ arm }}_{{ figure }},
        {{ product_total(arm ~ '_recipients', arm ~ '_' ~ figure ~ '_added') }} as {{ arm }}_recipients_{{ figure }},
        -- the square after less the square before
        {{ product_total(
            arm ~ '_' ~ figure ~ '_added', '(2 * ' ~ arm ~ '_' ~ figure ~ '_after - ' ~ arm ~ '_' ~ figure ~ '_added)'
        ) }} as {{ arm }}_{{ figure }}_{{ figure }},
        {% endfor %}
        {{ product_total('treated_recipients', 'holdout_' ~ figure ~ '_added') }} as cross_recipients_{{ figure }},
        {{ product_total('treated_' ~ figure ~ '_added', 'holdout_recipients') }} as cross_{{ figure }}_recipients,
        {{ product_total('treated_' ~ figure ~ '_after', 'holdout_' ~ figure ~ '_after') }}
        - {{ product_total(
            '(treated_' ~ figure ~ '_after - treated_' ~ figure ~ '_added)',
            '(holdout_' ~ figure ~ '_after - holdout_' ~ figure ~ '_added)'
        ) }} as cross_{{ figure }}_{{ figure }},
        {% endfor %}
        days_since_opening
    from days
    group by organization_id, campaign_id, days_since_opening
)

select * from sums
