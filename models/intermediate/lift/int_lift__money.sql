-- One row per campaign of which somebody ordered: its orders in the outcome windows, how many of them are in another
-- currency, and the skewness of what households spent, of either arm (sum of y³ over (sum of y²)^1.5: one where a
-- single household spent all, small where many spent alike).
{% set figures = money_figures() %}
with
sums as (select * from {{ ref('int_lift__sums') }}),

households as (select * from {{ ref('int_lift__household_outcomes') }}),

scaled as (
    select
        organization_id,
        campaign_id,
        {% for figure in figures %}
        sqrt(treated_{{ figure }}_{{ figure }} + holdout_{{ figure }}_{{ figure }}) as {{ figure }}_scale,
        {% endfor %}
        cast(treated_buyers + holdout_buyers as double) as buyers,
        cast(treated_orders + holdout_orders as double) as orders,
        cast(treated_valued_orders + holdout_valued_orders as double) as valued_orders
    from sums
),

-- each cube is at most one, so that decimals add them up alike in any order
money as (
    select
        scaled.organization_id,
        scaled.campaign_id,
        scaled.buyers,
        scaled.orders,
        {% for figure in figures %}
        cast(sum(cast(
            power(cast(households.treated_{{ figure }} as double) / nullif(scaled.{{ figure }}_scale, 0), 3)
            + power(cast(households.holdout_{{ figure }} as double) / nullif(scaled.{{ figure }}_scale, 0), 3)
            as decimal(28, 18)
        )) as double) as {{ figure }}_skewness,
        {% endfor %}
        scaled.orders - scaled.valued_orders as other_currency_orders
    from scaled
    inner join households
        on scaled.organization_id = households.organization_id
        and scaled.campaign_id = households.campaign_id
    group by
        scaled.organization_id,
        scaled.campaign_id,
        scaled.buyers,
        scaled.orders,
        scaled.valued_orders
)

select * from money
