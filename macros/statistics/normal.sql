-- The standard normal distribution in plain arithmetic, so that it runs on any engine. Checked against scipy to 1e-12.

-- P(Z > z). Near the mean the density is integrated from 0 to z; further out the tail itself, so that a tiny one keeps
-- its digits: with u = z + v / z and v = 40 s^2 the integrand is smooth, and nothing is left of it at s = 1.
{% macro normal_upper_tail(z) -%}
    (
        case
            when abs({{ z }}) < 2.0 then 0.5 - 0.39894228040143268e0 * {{ z }} * {{ sum_over_nodes(
                list_of_nodes(gauss_legendre_rule()),
                'node.weight * exp(-0.5 * node.position * node.position * ' ~ z ~ ' * ' ~ z ~ ')'
            ) }}
            else case when {{ z }} > 0.0 then 0.0 else 1.0 end
                + 0.39894228040143268e0 * exp(-0.5 * {{ z }} * {{ z }}) / {{ z }} * {{ sum_over_nodes(
                    list_of_nodes(gauss_legendre_rule()),
                    '80.0 * node.position * node.weight
                    * exp(
                        -40.0 * node.position * node.position - 800.0 * power(node.position, 4) / ' ~ z ~ ' / ' ~ z ~ '
                    )'
                ) }}
        end
    )
{%- endmacro %}

-- The z that P(Z <= z) = p, for 0 < p < 1: Wichura's algorithm AS 241 (1988), to 1e-15.
{% macro normal_quantile(p) -%}
    {%- set middle = '(0.180625 - (' ~ p ~ ' - 0.5) * (' ~ p ~ ' - 0.5))' -%}
    {%- set tail = 'sqrt(-ln(least(' ~ p ~ ', 1.0 - ' ~ p ~ ')))' -%}
    {%- set ratios = normal_quantile_ratios() -%}
    (
        case
            when abs({{ p }} - 0.5) <= 0.425 then ({{ p }} - 0.5) * {{ ratio_of_polynomials(ratios[0], middle) }}
            else sign({{ p }} - 0.5) * case
                when {{ tail }} <= 5.0 then {{ ratio_of_polynomials(ratios[1], '(' ~ tail ~ ' - 1.6)') }}
                else {{ ratio_of_polynomials(ratios[2], '(' ~ tail ~ ' - 5.0)') }}
            end
        end
    )
{%- endmacro %}

-- Coefficients from the constant on, above and below the line: in the middle, in the tail, far out.
{% macro normal_quantile_ratios() -%}
    {{ return([
        (
            [
                3.3871328727963666080, 133.14166789178437745, 1971.5909503065514427, 13731.693765509461125,
                45921.953931549871457, 67265.770927008700853, 33430.575583588128105, 2509.0809287301226727,
            ],
            [
                1.0, 42.313330701600911252, 687.18700749205790830, 5394.1960214247511077,
                21213.794301586595867, 39307.895800092710610, 28729.085735721942674, 5226.4952788528545610,
            ],
        ),
        (
            [
                1.42343711074968357734, 4.63033784615654529590, 5.76949722146069140550, 3.64784832476320460504,
                1.27045825245236838258, 0.241780725177450611770, 0.0227238449892691845833, 0.000774545014278341407640,
            ],
            [
                1.0, 2.05319162663775882187, 1.67638483018380384940, 0.689767334985100004550,
                0.148103976427480074590, 0.0151986665636164571966, 0.000547593808499534494600, 1.05075007164441684324e-9,
            ],
        ),
        (
            [
                6.65790464350110377720, 5.46378491116411436990, 1.78482653991729133580, 0.296560571828504891230,
                0.0265321895265761230930, 0.00124266094738807843860, 0.0000271155556874348757815, 2.01033439929228813265e-7,
            ],
            [
                1.0, 0.599832206555887937690, 0.136929880922735805310, 0.0148753612908506148525,
                0.000786869131145613259100, 0.0000184631831751005468180, 1.42151175831644588870e-7,
                2.04426310338993978564e-15,
            ],
        ),
    ]) }}
{%- endmacro %}

{% macro ratio_of_polynomials(coefficients, x) -%}
    ({{ polynomial(coefficients[0], x) }} / {{ polynomial(coefficients[1], x) }})
{%- endmacro %}

-- By Horner's rule, coefficients from the constant on.
{% macro polynomial(coefficients, x) -%}
    {%- for coefficient in coefficients[:-1] -%}
        ({{ '%.17e' % coefficient }} + {{ x }} *{{ ' ' }}
    {%- endfor -%}
    {{ '%.17e' % coefficients[-1] }}
    {%- for coefficient in coefficients[:-1] -%} ) {%- endfor -%}
{%- endmacro %}

-- The z that P(|Z| > z) = 0.05.
{% macro z_95() -%}
    1.959963984540054e0
{%- endmacro %}

-- The power of a two-sided test at 5 % where the effect is so many standard errors; at zero it is 5 %.
{% macro two_sided_power(effect) -%}
    (
        {{ normal_upper_tail('(' ~ z_95() ~ ' - ' ~ effect ~ ')') }}
        + {{ normal_upper_tail('(' ~ z_95() ~ ' + ' ~ effect ~ ')') }}
    )
{%- endmacro %}

-- The effect, in standard errors, that such a test sees four times out of five.
{% macro detectable_z() -%}
    2.8015817870135793e0
{%- endmacro %}
