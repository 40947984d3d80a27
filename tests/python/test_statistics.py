"""Distributions in plain SQL against scipy, and the whole of lift against numpy on random households."""

from __future__ import annotations

import math
from collections.abc import Callable

import duckdb
import numpy as np
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar

from dlt_pipelines.build import build
from dlt_pipelines.config import Workspace
from dlt_pipelines.database import opened
from dlt_pipelines.sandbox.files import write_configuration, write_inbox
from dlt_pipelines.sandbox.world import LARKFIELD, build_world
from tests.python.conftest import compile_inline, load_files, ship_configuration

DEGREES = (0.7, 1.0, 1.2, 1.7, 2.0, 2.5, 3.5, 5.0, 9.9, 10.0, 29.3, 100.0, 1e3, 9.9e4, 1.1e5, 1e7)
PROBABILITIES = (1e-10, 1e-6, 1e-3, 0.01, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9, 0.99)
PRECISION = 1e-10
DISTRIBUTIONS = """
with grid as (select * from grid_points),
normal as (
    select *, -{{ normal_quantile('(p / 2.0)') }} as z, {{ normal_quantile('p') }} as normal_quantile from grid
),
shaped as (select *, {{ student_t_shape('t', 'df') }} as shape from normal),
tails as (
    select
        *,
        {{ normal_upper_tail('normal_quantile') }} as normal_tail,
        {{ student_t_two_sided_p('t', 'df', 'shape') }} as t_tail,
        {{ chi_square_upper_tail('chi_square', 'df') }} as chi_square_tail
    from shaped
),
{{ student_t_quantile_steps('tails', 'p', 'z', 'df') }},
{{ chi_square_quantile_steps('with_critical_t', 'p', 'df') }}
select p, df, t, chi_square, normal_quantile, normal_tail, t_tail, critical_t, chi_square_tail, critical_chi_square
from with_critical_chi_square
"""


def test_distributions_and_quantiles_are_those_of_scipy(new_place: Callable[[str], Workspace]) -> None:
    """The macros, as SQL, over a grid of probabilities and degrees of freedom."""
    place = new_place("macros")
    ship_configuration(place)
    sql = compile_inline(place, DISTRIBUTIONS)
    points = [
        (p, df, stats.t.isf(p / 2, df), stats.chi2.isf(p, df) if df <= 200 else 1.0)
        for p in PROBABILITIES
        for df in DEGREES
    ]
    with duckdb.connect() as connection:
        connection.execute("create table grid_points (p double, df double, t double, chi_square double)")
        connection.executemany("insert into grid_points values (?, ?, ?, ?)", points)
        rows = connection.execute(sql).fetchall()
    assert len(rows) == len(points)
    for p, df, t, chi_square, z, normal_tail, t_tail, critical_t, chi_square_tail, critical_chi_square in rows:
        expected = [(z, stats.norm.ppf(p)), (normal_tail, 1 - p), (t_tail, p), (critical_t, t)]
        if df <= 200:
            expected += [(chi_square_tail, p), (critical_chi_square, chi_square)]
        for found, right in expected:
            assert math.isclose(found, right, rel_tol=PRECISION, abs_tol=1e-15), (p, df, found, right)


def test_the_normal_tail_keeps_its_digits(new_place: Callable[[str], Workspace]) -> None:
    place = new_place("tails")
    ship_configuration(place)
    sql = compile_inline(place, "select z, {{ normal_upper_tail('z') }} as tail from points")
    with duckdb.connect() as connection:
        connection.execute("create table points as select i / 10.0e0 as z from range(-370, 371) as numbers (i)")
        for z, tail in connection.execute(sql).fetchall():
            assert math.isclose(tail, stats.norm.sf(z), rel_tol=1e-12), z


def test_households_in_both_arms_are_compared_as_a_paired_t_and_mcnemar(new_place: Callable[[str], Workspace]) -> None:
    """One member of each in either arm: the interval of the paired t, and of shares the statistic of McNemar."""
    place = new_place("pairs")
    ship_configuration(place)
    sql = compile_inline(place, "select {{ clustered_degrees_of_freedom() }} as df from variances order by number")
    random = np.random.default_rng(3)
    worlds, right = [], []
    for number, households in enumerate((2, 5, 40, 1_000)):
        share = random.random(households)
        arms = np.stack([random.random(households) < share, random.random(households) < share]).astype(float)
        arms[:, 0] = (1.0, 0.0)
        covariance = np.cov(arms) / households
        worlds.append((number, households, covariance[0, 0], covariance[1, 1], covariance[0, 1]))
        paired = stats.ttest_rel(*arms)
        error = math.sqrt(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])
        assert math.isclose(paired.statistic, (arms[0] - arms[1]).mean() / error, rel_tol=1e-9)
        table = [[0, ((arms[0] > arms[1]).sum())], [(arms[0] < arms[1]).sum(), 0]]
        chi_square = mcnemar(table, exact=False, correction=False).statistic
        squared = paired.statistic**2
        assert math.isclose(chi_square, squared * households / (households - 1 + squared), rel_tol=1e-9)
        right.append(paired.df)
    with duckdb.connect() as connection:
        connection.execute(
            """
            create table variances (
                number bigint, mixed_households bigint, treated_variance double, holdout_variance double,
                covariance double, treated_households bigint, holdout_households bigint
            )
            """
        )
        connection.executemany(
            "insert into variances values (?, ?, ?, ?, ?, ?, ?)", [(*one, one[1], one[1]) for one in worlds]
        )
        found = [df for (df,) in connection.execute(sql).fetchall()]
    assert np.allclose(found, right, rtol=1e-9)


def test_lift_is_that_of_numpy_with_mixed_households(new_place: Callable[[str], Workspace]) -> None:
    """Every figure of the mart, recomputed from the outcomes, in a world where corrections have mixed the arms."""
    place = new_place("numpy")
    world = build_world(12, 0.1, [LARKFIELD])
    write_configuration(place.config, world)
    write_inbox(place.inbox, world)
    draw = place.inbox / "recipients" / "larkfield_draw.csv"
    lines = draw.read_text(encoding="utf-8").splitlines()
    # somebody drew by person, not by household
    lines[1::3] = [line.replace(",false,", ",true,") for line in lines[1::3]]
    draw.write_text("\n".join(lines) + "\n", encoding="utf-8")
    load_files(place)
    build(place, {"as_of": "2027-06-01"}, select="+fct_campaign_lift")
    with opened(place) as connection:
        outcomes = connection.execute(
            """
            select campaign_id, household_key, is_holdout, orders, cast(revenue_amount as double)
            from intermediate.int_lift__outcomes
            """
        ).fetchall()
        relation = connection.execute("select * from marts.fct_campaign_lift")
        names = [column[0] for column in relation.description]
        lift = [dict(zip(names, row, strict=True)) for row in relation.fetchall()]
    mixed = 0
    for row in lift:
        mine = [one for one in outcomes if one[0] == row["campaign_id"]]
        mixed += len({(household, arm) for _, household, arm, _, _ in mine}) - len({one[1] for one in mine})
        expected = by_numpy(mine, row["metric"])
        assert row["lift_status"] == "ok"
        for name, value in expected.items():
            assert math.isclose(row[name], value, rel_tol=1e-9), (row["campaign_id"], row["metric"], name)
    assert mixed > 100


def by_numpy(outcomes: list[tuple[str, str, bool, int, float]], metric: str) -> dict[str, float]:
    """Difference in means with household-clustered errors, written as a statistician would on arrays."""
    households = {household: number for number, household in enumerate({one[1] for one in outcomes})}
    value: Callable[[int, float], float] = {
        "conversion_rate": lambda orders, _: float(orders > 0),
        "orders_per_recipient": lambda orders, _: float(orders),
        "revenue_per_recipient": lambda _, revenue: revenue,
    }[metric]
    sizes, sums = np.zeros((2, len(households))), np.zeros((2, len(households)))
    for _, household, is_holdout, orders, revenue in outcomes:
        sizes[int(is_holdout), households[household]] += 1
        sums[int(is_holdout), households[household]] += value(orders, revenue)
    means = sums.sum(axis=1) / sizes.sum(axis=1)
    influence = (sums - means[:, None] * sizes) / sizes.sum(axis=1)[:, None]
    counts = (sizes > 0).sum(axis=1)
    influence *= np.sqrt(counts / (counts - 1))[:, None]
    covariance = influence @ influence.T
    (treated, holdout), cross = np.diag(covariance), covariance[0, 1]
    variance = treated + holdout - 2 * cross
    mixed = int((sizes > 0).all(axis=0).sum())
    known = np.array([counts[0] - 1, counts[1] - 1])
    shared = min(mixed, *known)
    # of households in the mailed arm alone, in the holdout alone, and in both: the part of the variance, and how many
    parts = np.array([treated, holdout]) / known
    both = shared * parts.sum() - 2 * cross
    degrees = variance**2 / (parts**2 @ (known - shared) + (both**2 / shared if shared else 0))
    difference, error = means[0] - means[1], math.sqrt(variance)
    gradient = np.array([1 / means[1], -means[0] / means[1] ** 2])
    relative_error = math.sqrt(gradient @ covariance @ gradient)
    critical = stats.t.ppf(0.975, degrees)
    return {
        "treated_mean": means[0],
        "holdout_mean": means[1],
        "absolute_lift": difference,
        "absolute_lift_standard_error": error,
        "absolute_lift_ci_low": difference - critical * error,
        "absolute_lift_ci_high": difference + critical * error,
        "relative_lift": means[0] / means[1] - 1,
        "relative_lift_standard_error": relative_error,
        "relative_lift_ci_high": means[0] / means[1] - 1 + critical * relative_error,
        "p_value": 2 * stats.t.sf(abs(difference / error), degrees),
        "incremental_total": difference * sizes[0].sum(),
    }
