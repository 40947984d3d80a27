-- Student's t distribution in plain arithmetic, so that it runs on any engine. Checked against scipy to 1e-10.

-- Nodes and weights of the 40-point Gauss-Legendre rule on (0, 1).
{% macro gauss_legendre_rule() -%}
    {{ return([
        (0.00088114514472042993, 0.0022606385492681745),
        (0.0046368806502715132, 0.0052491422655769069),
        (0.01137002500811285, 0.0082105291909534139),
        (0.021041590393104159, 0.011122924597083327),
        (0.03359359586066174, 0.013968503490011717),
        (0.048950596515562883, 0.016730097641273946),
        (0.067020248393870274, 0.019391083987236095),
        (0.08769388458334415, 0.021935454092836607),
        (0.11084717428674029, 0.024347903817535967),
        (0.13634087240503645, 0.026613923491968349),
        (0.16402165769291022, 0.028719884549695644),
        (0.19372305516600991, 0.030653121246464417),
        (0.22526643745243591, 0.032402006728300382),
        (0.25846209915691065, 0.033956022907616838),
        (0.29311039781419751, 0.035305823695643279),
        (0.32900295458712076, 0.036443291197901885),
        (0.36592390749637316, 0.037361584528983971),
        (0.40365120964931445, 0.038055180950312989),
        (0.44195796466237242, 0.038519909082123813),
        (0.48061379124697456, 0.038752973989212257),
        (0.51938620875302544, 0.038752973989212257),
        (0.55804203533762764, 0.038519909082123813),
        (0.59634879035068555, 0.038055180950312989),
        (0.63407609250362684, 0.037361584528983971),
        (0.6709970454128793, 0.036443291197901885),
        (0.70688960218580243, 0.035305823695643279),
        (0.74153790084308935, 0.033956022907616838),
        (0.77473356254756409, 0.032402006728300382),
        (0.80627694483399015, 0.030653121246464417),
        (0.83597834230708978, 0.028719884549695644),
        (0.86365912759496355, 0.026613923491968349),
        (0.88915282571325971, 0.024347903817535967),
        (0.91230611541665585, 0.021935454092836607),
        (0.93297975160612978, 0.019391083987236095),
        (0.95104940348443712, 0.016730097641273946),
        (0.96640640413933832, 0.013968503490011717),
        (0.97895840960689584, 0.011122924597083327),
        (0.98862997499188721, 0.0082105291909534139),
        (0.99536311934972854, 0.0052491422655769069),
        (0.99911885485527963, 0.0022606385492681745),
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

-- P(|T| > t) for t >= 0 and df > 0; shape is the column with `student_t_shape` of both. With so many degrees of freedom
-- that rounding would show, it is the normal distribution's at the z that belongs to t.
{% macro student_t_two_sided_p(t, df, shape) -%}
    (
        case
            when {{ df }} > 1.0e5 then 2.0 * {{ normal_upper_tail(normal_of_student_t(t, df)) }}
            else {{ student_t_integral(t, df, shape) }}
        end
    )
{%- endmacro %}

-- The power s of the substitution u = t * x^s in the integral of the density. Near zero (s = 1) it goes from 0 to t and is
-- taken from one; further out the tail itself is integrated, so that a tiny p keeps its digits, and a negative power
-- makes the integrand smooth at x = 0: -2, with few degrees of freedom -6.
{% macro student_t_shape(t, df) -%}
    case when {{ t }} < 2.0 then 1.0e0 when {{ df }} < 10.0 then -6.0e0 else -2.0e0 end
{%- endmacro %}

{% macro student_t_integral(t, df, shape) -%}
    (
        case when {{ shape }} > 0.0 then 1.0 else 0.0 end
        - 2.0 * {{ shape }} * {{ t }} * {{ student_t_density_at_zero(df) }}
        * {{ sum_over_nodes(
            list_of_nodes(gauss_legendre_rule()),
            'node.weight / node.position * power(node.position, ' ~ shape ~ ')
            * power(
                1.0 + ' ~ t ~ ' * ' ~ t ~ ' * power(node.position * node.position, ' ~ shape ~ ') / ' ~ df ~ ',
                -(' ~ df ~ ' + 1.0) / 2.0
            )'
        ) }}
    )
{%- endmacro %}

-- The z that P(Z > z) = P(T > t), for many degrees of freedom: the expansion that student_t_expansion turns round.
{% macro normal_of_student_t(t, df) -%}
    (
        {{ t }} * (
            1.0 - ({{ t }} * {{ t }} + 1.0) / 4.0 / {{ df }}
            + (13.0 * power({{ t }}, 4) + 8.0 * power({{ t }}, 2) + 3.0) / 96.0 / power({{ df }}, 2)
            - (35.0 * power({{ t }}, 6) + 19.0 * power({{ t }}, 4) + {{ t }} * {{ t }} - 15.0) / 384.0 / power({{ df }}, 3)
        )
    )
{%- endmacro %}

-- A first guess of the t that P(|T| > t) = p, for 0 < p < 1; z is the normal distribution's, P(|Z| > z) = p. The
-- Cornish-Fisher expansion (Abramowitz & Stegun 26.7.5); for few degrees of freedom, where that fails, the leading term of
-- the tail, and near zero the density there.
{% macro student_t_guess(p, z, df) -%}
    {%- set near = '((1.0 - ' ~ p ~ ') / (2.0 * ' ~ student_t_density_at_zero(df) ~ '))' -%}
    (
        case
            when {{ df }} >= 4.0 and {{ df }} > 0.7 * {{ z }} * {{ z }} then {{ student_t_expansion(z, df) }}
            when {{ p }} >= 0.5 then {{ near }}
            else sqrt(greatest(
                exp(
                    2.0 * ln(2.0 * {{ student_t_density_at_zero(df) }} / {{ df }} / {{ p }}) / {{ df }}
                    + ({{ df }} + 1.0) * ln({{ df }}) / {{ df }}
                ) - {{ df }} * ({{ df }} + 1.0) / ({{ df }} + 2.0),
                {{ near }} * {{ near }}
            ))
        end
    )
{%- endmacro %}

{% macro student_t_expansion(z, df) -%}
    (
        {{ z }} + (power({{ z }}, 3) + {{ z }}) / 4.0 / {{ df }}
        + (5.0 * power({{ z }}, 5) + 16.0 * power({{ z }}, 3) + 3.0 * {{ z }}) / 96.0 / power({{ df }}, 2)
        + (3.0 * power({{ z }}, 7) + 19.0 * power({{ z }}, 5) + 17.0 * power({{ z }}, 3) - 15.0 * {{ z }})
        / 384.0 / power({{ df }}, 3)
        + (
            79.0 * power({{ z }}, 9) + 776.0 * power({{ z }}, 7) + 1482.0 * power({{ z }}, 5) - 1920.0 * power({{ z }}, 3)
            - 945.0 * {{ z }}
        ) / 92160.0 / power({{ df }}, 4)
    )
{%- endmacro %}

-- One Newton step from t, beyond which lies tail_p, towards P(|T| > t) = p; in the tails between logarithms, where the two
-- are nearly in proportion. With many degrees of freedom the guess is as good as it gets.
{% macro student_t_step(t, tail_p, p, df) -%}
    {%- set density -%}
        (
            2.0 * {{ student_t_density_at_zero(df) }}
            * power(1.0 + {{ t }} * {{ t }} / {{ df }}, -({{ df }} + 1.0) / 2.0)
        )
    {%- endset -%}
    (
        case
            when {{ df }} > 1.0e5 then {{ t }}
            when {{ p }} < 0.5
                then {{ t }} * exp(ln({{ tail_p }} / {{ p }}) * {{ tail_p }} / {{ density }} / {{ t }})
            else {{ t }} + ({{ tail_p }} - {{ p }}) / {{ density }}
        end
    )
{%- endmacro %}

-- The steps of a query that end in `with_critical_t`: a relation with the t that P(|T| > t) = p, the column `critical_t`, and
-- the columns on the way to it. z is the normal distribution's. Five steps are enough for p from 1e-10 on and from 0.7
-- degrees of freedom, two for p = 0.05.
{% macro student_t_quantile_steps(relation, p, z, df, steps=5) -%}
    {%- set columns = [('t_0', student_t_guess(p, z, df))] -%}
    {%- for step in range(steps) -%}
        {%- set t, shape, tail_p = 't_' ~ step, 'shape_' ~ step, 'p_' ~ step -%}
        {%- do columns.extend([
            (shape, student_t_shape(t, df)),
            (tail_p, student_t_integral(t, df, shape)),
            ('critical_t' if loop.last else 't_' ~ (step + 1), student_t_step(t, tail_p, p, df)),
        ]) -%}
    {%- endfor -%}
    {{ added_in_turn(relation, columns) }}
{%- endmacro %}

-- The steps of a query, each of which adds a column to the one before it; `with_x` adds x.
{% macro added_in_turn(relation, columns) -%}
    {%- for name, expression in columns %}
with_{{ name }} as (
    select
        *,
        {{ expression }} as {{ name }}
    from {{ relation if loop.first else 'with_' ~ loop.previtem[0] }}
){{ "," if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
