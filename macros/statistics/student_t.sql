-- Student's t distribution in plain arithmetic, so that it runs on any engine. Checked against scipy to 1e-10.

-- Nodes and weights of the 24-point Gauss-Legendre rule on (0, 1).
{% macro gauss_legendre_rule() -%}
    {{ return([
        (0.0024063900014893447, 0.0061706148999943452),
        (0.012635722014345263, 0.01426569431446678),
        (0.030862723998633601, 0.022138719408709706),
        (0.056792236497799464, 0.02964929245771818),
        (0.089999007013048526, 0.036673240705540081),
        (0.12993790421072282, 0.043095080765976602),
        (0.17595317403151223, 0.048809326052056963),
        (0.22728926430558022, 0.053722135057982782),
        (0.28310324618697746, 0.057752834026862758),
        (0.3424786601519183, 0.060835236463901647),
        (0.40444056626319186, 0.062918728173414123),
        (0.46797155356869719, 0.06396909767337601),
        (0.53202844643130276, 0.06396909767337601),
        (0.5955594337368082, 0.062918728173414123),
        (0.6575213398480817, 0.060835236463901647),
        (0.71689675381302254, 0.057752834026862758),
        (0.77271073569441984, 0.053722135057982782),
        (0.82404682596848777, 0.048809326052056963),
        (0.87006209578927718, 0.043095080765976602),
        (0.91000099298695147, 0.036673240705540081),
        (0.94320776350220048, 0.02964929245771818),
        (0.96913727600136634, 0.022138719408709706),
        (0.98736427798565474, 0.01426569431446678),
        (0.99759360999851066, 0.0061706148999943452),
    ]) }}
{%- endmacro %}

-- Gamma((df + 1) / 2) / (Gamma(df / 2) * sqrt(pi * df)), the density at zero: the asymptotic series of the
-- ratio of gammas (DLMF 5.11.13) at df / 2 + 6, brought back by the recurrence.
{% macro student_t_density_at_zero(df) -%}
    {%- set half = '(' ~ df ~ ' / 2.0)' -%}
    {%- set shifted = '(' ~ df ~ ' / 2.0 + 6.0)' -%}
    (
        exp(
            0.5 * ln({{ shifted }}) - 1.0 / (8.0 * {{ shifted }}) + 1.0 / (192.0 * power({{ shifted }}, 3))
            - 1.0 / (640.0 * power({{ shifted }}, 5)) + 17.0 / (14336.0 * power({{ shifted }}, 7))
            - 31.0 / (18432.0 * power({{ shifted }}, 9))
        )
        {%- for step in range(6) %}
        * ({{ half }} + {{ step }}.0) / ({{ half }} + {{ step }}.5)
        {%- endfor %}
        / sqrt(3.141592653589793e0 * {{ df }})
    )
{%- endmacro %}

-- P(|T| > t) for t >= 0 and df > 0. Near zero the density is integrated from 0 to t and taken from one;
-- further out the tail itself is integrated (with u = t / s), so that a tiny p keeps its digits.
{% macro student_t_two_sided_p(t, df) -%}
    (
        case
            when {{ t }} < 2.0 then 1.0 - 2.0 * {{ t }} * {{ student_t_density_at_zero(df) }} * (
                {%- for node, weight in gauss_legendre_rule() %}
                {{ "+ " if not loop.first }}{{ weight }}
                * power(1.0 + {{ t }} * {{ t }} * {{ node * node }} / {{ df }}, -({{ df }} + 1.0) / 2.0)
                {%- endfor %}
            )
            else 2.0 * {{ t }} * {{ student_t_density_at_zero(df) }} * (
                {%- for node, weight in gauss_legendre_rule() %}
                {{ "+ " if not loop.first }}{{ weight / (node * node) }}
                * power(1.0 + {{ t }} * {{ t }} / ({{ node * node }} * {{ df }}), -({{ df }} + 1.0) / 2.0)
                {%- endfor %}
            )
        end
    )
{%- endmacro %}

-- A first guess of the t that P(|T| > t) = 0.05: the Cornish-Fisher expansion (Abramowitz & Stegun 26.7.5).
{% macro student_t_95_guess(df) -%}
    {%- set z = 1.959963984540054 -%}
    (
        {{ z }} + {{ (z ** 3 + z) / 4 }} / {{ df }}
        + {{ (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96 }} / power({{ df }}, 2)
        + {{ (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384 }} / power({{ df }}, 3)
        + {{ (79 * z ** 9 + 776 * z ** 7 + 1482 * z ** 5 - 1920 * z ** 3 - 945 * z) / 92160 }} / power({{ df }}, 4)
    )
{%- endmacro %}

-- One Newton step from t towards P(|T| > t) = 0.05.
{% macro student_t_95_step(t, df) -%}
    (
        {{ t }} + ({{ student_t_two_sided_p(t, df) }} - 0.05) / (
            2.0 * {{ student_t_density_at_zero(df) }}
            * power(1.0 + {{ t }} * {{ t }} / {{ df }}, -({{ df }} + 1.0) / 2.0)
        )
    )
{%- endmacro %}
