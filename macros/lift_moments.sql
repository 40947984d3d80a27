-- The sums over households from which every estimate of a relation of households follows: of each figure, of products of
-- two within an arm, and of products between the arms (of households with members in both).
{% macro household_sums(figures, products, are_small=none) -%}
    {%- set columns = [] -%}
    {%- for arm in ['treated', 'holdout'] -%}
        {%- for figure in figures -%}
            {%- do columns.append('sum(' ~ arm ~ '_' ~ figure ~ ') as ' ~ arm ~ '_' ~ figure) -%}
        {%- endfor -%}
        {%- for one, other in products -%}
            {%- set sum = product_total(arm ~ '_' ~ one, arm ~ '_' ~ other, are_small) -%}
            {%- do columns.append(sum ~ ' as ' ~ arm ~ '_' ~ one ~ '_' ~ other) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- for one, other in crossed_pairs(products) -%}
        {%- set sum = product_total('treated_' ~ one, 'holdout_' ~ other, are_small) -%}
        {%- do columns.append(sum ~ ' as cross_' ~ one ~ '_' ~ other) -%}
    {%- endfor -%}
    {{ columns | join(',\n        ') }}
{%- endmacro %}

-- The columns of figures of both arms.
{% macro arm_figures(figures) -%}
    {%- set columns = [] -%}
    {%- for arm in ['treated', 'holdout'] -%}
        {%- for figure in figures -%}{%- do columns.append(arm ~ '_' ~ figure) -%}{%- endfor -%}
    {%- endfor -%}
    {{ return(columns) }}
{%- endmacro %}

-- Each pair both ways round: the treated members' sum of the first with the held-out members' of the second.
{% macro crossed_pairs(products) -%}
    {%- set pairs = [] -%}
    {%- for one, other in products -%}
        {%- for pair in [(one, other), (other, one)] if pair not in pairs -%}{%- do pairs.append(pair) -%}{%- endfor -%}
    {%- endfor -%}
    {{ return(pairs) }}
{%- endmacro %}

-- The columns of a set of moments, of a ratio y / n, said once: every int_lift__moments__<kind> has them in this order.
{% macro moment_key() -%}
    {{ return([
        'organization_id', 'campaign_id', 'period', 'metric', 'estimator', 'cut', 'cut_value',
    ]) }}
{%- endmacro %}

{% macro moment_counts() -%}
    {{ return([
        'days_since_window_start', 'treated_recipients', 'holdout_recipients', 'treated_households',
        'holdout_households', 'mixed_households', 'treated_buyers', 'holdout_buyers',
    ]) }}
{%- endmacro %}

{% macro moment_sums() -%}
    {{ return([
        'treated_n', 'holdout_n', 'treated_y', 'holdout_y', 'treated_nn', 'holdout_nn', 'treated_ny', 'holdout_ny',
        'treated_yy', 'holdout_yy', 'cross_nn', 'cross_ny', 'cross_yn', 'cross_yy',
    ]) }}
{%- endmacro %}

-- Those sums of the ratio of two figures, from a relation of household sums.
{% macro ratio_sums(above, below) -%}
    {%- for arm in ['treated', 'holdout'] %}
        cast({{ arm }}_{{ below }} as double) as {{ arm }}_n,
        cast({{ arm }}_{{ above }} as double) as {{ arm }}_y,
        cast({{ arm }}_{{ below }}_{{ below }} as double) as {{ arm }}_nn,
        cast({{ arm }}_{{ below }}_{{ above }} as double) as {{ arm }}_ny,
        cast({{ arm }}_{{ above }}_{{ above }} as double) as {{ arm }}_yy,
    {%- endfor %}
        cast(cross_{{ below }}_{{ below }} as double) as cross_nn,
        cast(cross_{{ below }}_{{ above }} as double) as cross_ny,
        cast(cross_{{ above }}_{{ below }} as double) as cross_yn,
        cast(cross_{{ above }}_{{ above }} as double) as cross_yy
{%- endmacro %}

{% macro size_sums() -%}
    {{ return(summed_columns(['recipients'], [('recipients', 'recipients')])) }}
{%- endmacro %}

-- The columns that household_sums makes.
{% macro summed_columns(figures, products) -%}
    {%- set columns = [] -%}
    {%- for arm in ['treated', 'holdout'] -%}
        {%- for figure in figures -%}{%- do columns.append(arm ~ '_' ~ figure) -%}{%- endfor -%}
        {%- for one, other in products -%}{%- do columns.append(arm ~ '_' ~ one ~ '_' ~ other) -%}{%- endfor -%}
    {%- endfor -%}
    {%- for one, other in crossed_pairs(products) -%}{%- do columns.append('cross_' ~ one ~ '_' ~ other) -%}{%- endfor -%}
    {{ return(columns) }}
{%- endmacro %}

-- The counts of a set of moments; buyers names the column that is compared with the least number of buyers.
{% macro counted_arms(buyers) -%}
        cast(treated_recipients as bigint) as treated_recipients,
        cast(holdout_recipients as bigint) as holdout_recipients,
        treated_households,
        holdout_households,
        mixed_households,
        cast(treated_{{ buyers }} as bigint) as treated_buyers,
        cast(holdout_{{ buyers }} as bigint) as holdout_buyers
{%- endmacro %}

-- The parts of a campaign by what was known at assignment: the column of the household that tells them apart, and what a
-- part is called.
{% macro lift_cuts() -%}
    {{ return({
        'segment': ('segment', 'segment'),
        'bought_before': ('has_bought_before', "case when has_bought_before then 'yes' else 'no' end"),
        'drop_date': ('drop_date', 'cast(drop_date as varchar)'),
    }) }}
{%- endmacro %}

-- Which grouping set a row is of, and the part of it that it is: of one of these cuts, else of the campaign.
{% macro cut_name(cuts) -%}
    case
        {%- for cut in cuts %}
        when grouping({{ lift_cuts()[cut][0] }}) = 0 then '{{ cut }}'
        {%- endfor %}
        else 'campaign'
    end
{%- endmacro %}

{% macro cut_value(cuts) -%}
    case
        {%- for cut in cuts %}
        when grouping({{ lift_cuts()[cut][0] }}) = 0 then {{ lift_cuts()[cut][1] }}
        {%- endfor %}
        else '(all)'
    end
{%- endmacro %}

-- The products that the ratios of these figures to one other take.
{% macro ratio_products(figures, below) -%}
    {%- set pairs = [] -%}
    {%- for figure in figures -%}{%- do pairs.extend([(figure, figure), (below, figure)]) -%}{%- endfor -%}
    {{ return(pairs) }}
{%- endmacro %}

-- The columns of an estimate in a mart, besides what names its estimator.
{% macro estimate_columns() -%}
    {{ return([
        'organization_id', 'campaign_id', 'metric', 'treated_recipients', 'holdout_recipients', 'treated_households',
        'holdout_households', 'treated_mean', 'holdout_mean', 'absolute_lift', 'absolute_lift_standard_error',
        'absolute_lift_ci_low', 'absolute_lift_ci_high', 'relative_lift', 'relative_lift_standard_error',
        'relative_lift_ci_low', 'relative_lift_ci_high', 'relative_lift_note', 'p_value', 'incremental_total',
        'incremental_total_ci_low', 'incremental_total_ci_high', 'lift_status',
    ]) }}
{%- endmacro %}

-- The variance of an arm's ratio by the delta method on household sums: that of y - mean * n, with H / (H - 1) for small
-- numbers of households. Rounding must not make it negative. For use where `treated_mean` and `holdout_mean` are columns.
{% macro clustered_variance(arm) -%}
    {{ arm }}_households / nullif({{ arm }}_households - 1.0, 0)
        * greatest(
            {{ arm }}_yy - 2 * {{ arm }}_mean * {{ arm }}_ny + {{ arm }}_mean * {{ arm }}_mean * {{ arm }}_nn, 0
        ) / nullif({{ arm }}_n * {{ arm }}_n, 0)
{%- endmacro %}

-- The covariance of both arms' ratios, from households with members in both.
{% macro clustered_covariance() -%}
    sqrt(
            treated_households / nullif(treated_households - 1.0, 0)
            * holdout_households / nullif(holdout_households - 1.0, 0)
        )
        * (cross_yy - treated_mean * cross_ny - holdout_mean * cross_yn + treated_mean * holdout_mean * cross_nn)
        / nullif(treated_n * holdout_n, 0)
{%- endmacro %}

-- The effective number of an arm's households, (sum of n)² / sum of n² of their recipients, as a share of how many there
-- are: one over their number where one has nearly all recipients. For use where the columns of int_lift__sizes are.
{% macro effective_share(arm) -%}
    cast({{ arm }}_recipients as double) * cast({{ arm }}_recipients as double)
        / nullif(cast({{ arm }}_recipients_recipients as double) * {{ arm }}_households, 0)
{%- endmacro %}

-- Below it so few households make up the arm that the interval, which counts them all, is too narrow.
{% macro least_effective_share() -%}
    0.25e0
{%- endmacro %}

-- Beyond it a lift is so skewed that a normal interval covers less than it says (benchmarks/heavy_tails.py).
{% macro greatest_skewness() -%}
    0.25e0
{%- endmacro %}

-- Satterthwaite's degrees of freedom of the variance of a difference: of households with members in the mailed arm
-- alone, in the holdout alone, and in both, each variance with the households it is known from. Where all are in both
-- they are those of a paired t.
{% macro clustered_degrees_of_freedom() -%}
    {%- set treated = '(treated_households - 1.0)' -%}
    {%- set holdout = '(holdout_households - 1.0)' -%}
    {%- set mixed = 'least(mixed_households, ' ~ treated ~ ', ' ~ holdout ~ ')' -%}
    power(treated_variance + holdout_variance - 2 * covariance, 2) / nullif(
            power(treated_variance / nullif({{ treated }}, 0), 2) * ({{ treated }} - {{ mixed }})
            + power(holdout_variance / nullif({{ holdout }}, 0), 2) * ({{ holdout }} - {{ mixed }})
            + coalesce(power(
                {{ mixed }} * (
                    treated_variance / nullif({{ treated }}, 0) + holdout_variance / nullif({{ holdout }}, 0)
                ) - 2 * covariance, 2
            ) / nullif({{ mixed }}, 0), 0),
            0
        )
{%- endmacro %}
