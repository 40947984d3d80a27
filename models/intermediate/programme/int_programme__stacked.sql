-- One row per organization with mailed recipients and metric: what its campaigns brought in, each by its own experiment
-- and all added up, per household on any list, with the variance of that sum between households. Whoever is on many
-- lists is compared with those held out of the same list, so that heavy buyers on more lists invent nothing.
with
totals as (select * from {{ ref('int_programme__list_totals') }}),

households as (
    select
        organization_id,
        {% for figure in programme_metrics().values() %}
        {{ product_total(figure, figure) }} as {{ figure }}_squares,
        {% endfor %}
        cast(sum(is_mailed) as bigint) as treated_households,
        cast(sum(is_held_out) as bigint) as holdout_households,
        cast(count(*) as double) as households
    from {{ ref('int_programme__influences') }}
    group by organization_id
),

stacked as (
    {% for metric, figure in programme_metrics().items() %}
    select
        totals.organization_id,
        '{{ metric }}' as metric,
        households.treated_households,
        households.holdout_households,
        cast(totals.treated_buyers as bigint) as treated_buyers,
        cast(totals.holdout_buyers as bigint) as holdout_buyers,
        totals.treated_{{ figure }} / households.households as treated_mean,
        totals.holdout_{{ figure }} / households.households as holdout_mean,
        households.{{ figure }}_squares / power(households.households, 2) as variance,
        cast(households.holdout_households as double) as effective_holdout_households,
        totals.comparable_lists < totals.lists as is_without_comparison,
        {% set is_money = figure == 'revenue' %}
        {{ '2 * totals.other_currency_orders > totals.orders' if is_money else 'false' }} as is_other_currency,
        {{ 'coalesce(abs(totals.skewness) > ' ~ greatest_skewness() ~ ', false)' if is_money else 'false' }}
            as is_heavy_tailed
    from totals
    inner join households on totals.organization_id = households.organization_id
    {{ "union all" if not loop.last }}
    {% endfor %}
)

select * from stacked
