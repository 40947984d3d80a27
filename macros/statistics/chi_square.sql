-- The chi-square distribution in plain arithmetic, so that it runs on any engine. Checked against scipy to 1e-10, for up to
-- 200 degrees of freedom.

-- P(X > x): the regularised incomplete gamma function of df / 2 and x / 2, by its series below the mean and by its
-- continued fraction above (DLMF 8.11.4 and 8.9.2).
{% macro chi_square_upper_tail(x, df) -%}
    (
        case
            when {{ x }} <= 0.0 then 1.0e0
            when {{ x }} < {{ df }} + 2.0
                then 1.0 - {{ x }} * {{ chi_square_density(x, df) }} * 2.0 / {{ df }} * {{ chi_square_series(x, df) }}
            else {{ x }} * {{ chi_square_density(x, df) }} / {{ chi_square_fraction(x, df) }}
        end
    )
{%- endmacro %}

{% macro chi_square_density(x, df) -%}
    exp(-0.5 * {{ x }} + 0.5 * {{ df }} * ln(0.5 * {{ x }}) - {{ log_gamma('(0.5 * ' ~ df ~ ')') }} - ln({{ x }}))
{%- endmacro %}

{% macro chi_square_series(x, df) -%}
    {{ folded_numbers(range(200, 0, -2), '1.0e0', '1.0e0 + ' ~ x ~ ' / (' ~ df ~ ' + number) * folded') }}
{%- endmacro %}

{% macro chi_square_fraction(x, df) -%}
    {{ folded_numbers(
        range(100, 0, -1),
        '(0.5 * (' ~ x ~ ' - ' ~ df ~ ') + 201.0)',
        '0.5 * (' ~ x ~ ' - ' ~ df ~ ') + 2.0 * number - 1.0 - number * (number - 0.5 * ' ~ df ~ ') / folded'
    ) }}
{%- endmacro %}

-- The logarithm of the gamma function of a > 0: Stirling's series (DLMF 5.11.1) at a + 8, brought back by the recurrence.
{% macro log_gamma(a) -%}
    {%- set shifted = '(' ~ a ~ ' + 8.0)' -%}
    (
        ({{ shifted }} - 0.5) * ln({{ shifted }}) - {{ shifted }} + 0.91893853320467274e0
        {%- for coefficient, power in [
            ('1.0 / 12.0', 1), ('-1.0 / 360.0', 3), ('1.0 / 1260.0', 5), ('-1.0 / 1680.0', 7), ('1.0 / 1188.0', 9),
            ('-691.0 / 360360.0', 11),
        ] %}
        + {{ coefficient }} / power({{ shifted }}, {{ power }})
        {%- endfor %}
        - ln(1.0e0
        {%- for step in range(8) %} * ({{ a }} + {{ step }}.0){% endfor %})
    )
{%- endmacro %}

-- A first guess of the x that P(X > x) = p: near zero the first term of the series, else Wilson and Hilferty's cube.
{% macro chi_square_guess(p, df) -%}
    (
        case
            when {{ df }} < -1.24 * ln(1.0 - {{ p }}) then 2.0 * exp(
                (ln(1.0 - {{ p }}) + ln(0.5 * {{ df }}) + {{ log_gamma('(0.5 * ' ~ df ~ ')') }}) / (0.5 * {{ df }})
            )
            else {{ df }} * power(
                1.0 - 2.0 / (9.0 * {{ df }}) - {{ normal_quantile(p) }} * sqrt(2.0 / (9.0 * {{ df }})), 3
            )
        end
    )
{%- endmacro %}

-- One Newton step from x, beyond which lies tail_p, towards P(X > x) = p; in the upper tail on its logarithm, which is
-- nearly straight.
{% macro chi_square_step(x, tail_p, p, df) -%}
    (
        case
            when {{ p }} < 0.1
                then {{ x }} + ln({{ tail_p }} / {{ p }}) * {{ tail_p }} / {{ chi_square_density(x, df) }}
            else greatest({{ x }} + ({{ tail_p }} - {{ p }}) / {{ chi_square_density(x, df) }}, 0.1 * {{ x }})
        end
    )
{%- endmacro %}

-- The steps of a query that end in `with_critical_chi_square`: a relation with the x that P(X > x) = p, the column
-- `critical_chi_square`, and the columns on the way to it. Enough for p from 1e-10 to 0.9999.
{% macro chi_square_quantile_steps(relation, p, df) -%}
    {%- set columns = [('x_0', chi_square_guess(p, df))] -%}
    {%- for step in range(5) -%}
        {%- set x, tail_p = 'x_' ~ step, 'tail_' ~ step -%}
        {%- do columns.extend([
            (tail_p, chi_square_upper_tail(x, df)),
            ('critical_chi_square' if loop.last else 'x_' ~ (step + 1), chi_square_step(x, tail_p, p, df)),
        ]) -%}
    {%- endfor -%}
    {{ added_in_turn(relation, columns) }}
{%- endmacro %}
