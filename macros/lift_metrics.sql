-- The periods of lift with their first and last (excluded) instant: the outcome window, the placebo window of the same
-- length before assignment, and the year before it, from which covariates come.
{% macro lift_periods() -%}
    {{ return({
        'lift': (
            add_days('created_at', 'in_home_days'),
            add_days('created_at', 'in_home_days + window_days'),
        ),
        'placebo': (add_days('created_at', '-window_days'), 'created_at'),
        'prior': (add_days('created_at', '-365'), 'created_at'),
    }) }}
{%- endmacro %}

-- The metrics of lift, said once.
{% macro lift_metrics() -%}
    {{ return(['conversion_rate', 'orders_per_recipient', 'revenue_per_recipient']) }}
{%- endmacro %}

-- What a household's members did, by arm: a name and the expression that gives each recipient's value, from `outcomes` and
-- `thresholds`.
{% macro household_figures() -%}
    {{ return({
        'buyers': 'case when outcomes.orders > 0 then 1 else 0 end',
        'orders': 'outcomes.orders',
        'valued_orders': 'outcomes.valued_orders',
        'revenue': 'outcomes.revenue_amount',
        'winsorised_revenue': 'least(outcomes.revenue_amount, thresholds.threshold_amount)',
        'merchandise': 'outcomes.merchandise_amount',
        'placebo_buyers': 'case when outcomes.placebo_orders > 0 then 1 else 0 end',
        'placebo_orders': 'outcomes.placebo_orders',
        'placebo_revenue': 'outcomes.placebo_revenue_amount',
        'prior_buyers': 'case when outcomes.prior_orders > 0 then 1 else 0 end',
        'prior_orders': 'outcomes.prior_orders',
        'prior_revenue': 'outcomes.prior_revenue_amount',
    }) }}
{%- endmacro %}

-- Ratios of household sums that are compared between the arms: period, metric, estimator, the sum above the line and
-- the one below it.
{% macro lift_ratios() -%}
    {%- set default = 'difference_in_means_household_clustered_t' -%}
    {{ return([
        ('lift', 'conversion_rate', default, 'buyers', 'recipients'),
        ('lift', 'orders_per_recipient', default, 'orders', 'recipients'),
        ('lift', 'revenue_per_recipient', default, 'revenue', 'recipients'),
        ('lift', 'merchandise_per_recipient', default, 'merchandise', 'recipients'),
        ('lift', 'revenue_per_recipient', 'winsorised_household_clustered_t', 'winsorised_revenue', 'recipients'),
        ('lift', 'average_order_value', 'ratio_of_means_household_clustered_t', 'revenue', 'valued_orders'),
        ('placebo', 'conversion_rate', default, 'placebo_buyers', 'recipients'),
        ('placebo', 'orders_per_recipient', default, 'placebo_orders', 'recipients'),
        ('placebo', 'revenue_per_recipient', default, 'placebo_revenue', 'recipients'),
        ('prior', 'orders_per_recipient', default, 'prior_orders', 'recipients'),
        ('prior', 'revenue_per_recipient', default, 'prior_revenue', 'recipients'),
    ]) }}
{%- endmacro %}

-- The pairs of household sums of which sums of products are needed, by the ratios and by the adjustment for prior revenue.
{% macro lift_products() -%}
    {%- set pairs = [] -%}
    {%- for _, _, _, above, below in lift_ratios() -%}
        {%- for pair in [(above, above), (below, above), (below, below)]
            if pair not in pairs and pair != ('recipients', 'recipients') -%}
            {%- do pairs.append(pair) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- for figure in ['buyers', 'orders', 'revenue'] -%}{%- do pairs.append(('prior_revenue', figure)) -%}{%- endfor -%}
    {{ return(pairs) }}
{%- endmacro %}

-- The metrics that are adjusted for prior revenue, with the household figure of each.
{% macro adjusted_metrics() -%}
    {{ return({'conversion_rate': 'buyers', 'orders_per_recipient': 'orders', 'revenue_per_recipient': 'revenue'}) }}
{%- endmacro %}

-- The metrics of parts of a campaign, with the household figure of each.
{% macro cut_metrics() -%}
    {{ return(dict(adjusted_metrics(), merchandise_per_recipient='merchandise')) }}
{%- endmacro %}

-- Names as a list for SQL's `in`.
{% macro quoted(names) -%}
    '{{ names | join("', '") }}'
{%- endmacro %}

-- The metrics that are money, and the household figures that they are made of.
{% macro money_metrics() -%}
    {{ return(['revenue_per_recipient', 'merchandise_per_recipient', 'average_order_value']) }}
{%- endmacro %}

{% macro money_figures() -%}
    {{ return(['revenue', 'winsorised_revenue', 'merchandise']) }}
{%- endmacro %}

-- The statuses of a lift that has an interval; all but the first warn of it.
{% macro statuses_with_interval() -%}
    {{ return(['ok', 'window_open', 'dominant_household', 'heavy_tail']) }}
{%- endmacro %}
