"""Several campaigns at once, and the lenses over them, against numpy on people whose every order is known."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import duckdb
import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.meta_analysis import combine_effects

from dlt_pipelines.build import build
from dlt_pipelines.config import Workspace
from dlt_pipelines.database import opened
from tests.python.conftest import load_files
from tests.python.experiments import Booleans, Floats
from tests.python.inbox_worlds import (
    OPENS_AT,
    World,
    add_campaign,
    add_order,
    add_recipient,
    write_worlds,
)

PEOPLE = 1_500
SHARES = {"first": 0.5, "second": 0.3}
EFFECTS = {"first": 0.25, "second": 0.15}
INTERACTION = -0.15


@dataclass
class Several:
    """Two campaigns over the same people, one a household: arms by campaign, and orders by person."""

    world: World
    mailed: dict[str, Booleans]
    orders: Floats


def two_campaigns(organization_id: str = "programme", has_share: bool = True) -> Several:
    """Drawn independently; each adds orders, and both together fewer than the sum."""
    random = np.random.default_rng(7)
    world = World(organization_id)
    mailed = {}
    for campaign, share in SHARES.items():
        add_campaign(world, campaign, holdout_share=str(share) if has_share else "", discount_codes="")
        mailed[campaign] = random.random(PEOPLE) >= share
        for person in range(PEOPLE):
            add_recipient(world, campaign, person, not mailed[campaign][person])
    rate = 0.3 + sum(EFFECTS[name] * arm for name, arm in mailed.items())
    orders = random.poisson(rate + INTERACTION * (mailed["first"] & mailed["second"]))
    for person, count in enumerate(orders):
        for _ in range(count):
            add_order(world, person, OPENS_AT + timedelta(days=1 + 28 * random.random()))
    return Several(world, mailed, orders.astype(np.float64))


def four_campaigns() -> World:
    """On disjoint people; the last one held out nobody."""
    random = np.random.default_rng(8)
    world = World("lenses")
    for number in range(4):
        add_campaign(world, f"c{number}", holdout_share="0.4", discount_codes="TEN" if number == 0 else "")
        for person in range(number * 1_000, number * 1_000 + 800):
            is_holdout = bool(number < 3 and random.random() < 0.4)
            add_recipient(world, f"c{number}", person, is_holdout)
            for _ in range(random.poisson(0.5 if is_holdout else 0.55 + 0.1 * number)):
                code = "TEN" if number == 0 and not is_holdout and random.random() < 0.3 else ""
                add_order(world, person, OPENS_AT + timedelta(days=1 + 28 * random.random()), discount_codes=code)
    return world


@pytest.fixture(scope="module")
def built(new_place: Callable[[str], Workspace]) -> Iterator[tuple[Several, World, duckdb.DuckDBPyConnection]]:
    place = new_place("programme")
    several, lenses = two_campaigns(), four_campaigns()
    write_worlds(place, [several.world, lenses, two_campaigns("unknown", has_share=False).world])
    load_files(place)
    marts = "+fct_campaign_lift +fct_campaign_lenses +fct_programme_lift +fct_campaign_interactions"
    build(place, {"as_of": "2026-06-01 00:00:00"}, select=marts)
    with opened(place) as connection:
        yield several, lenses, connection


def rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    found = connection.execute(query)
    names = [column[0] for column in found.description]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def close(found: float, right: float) -> bool:
    return math.isclose(found, right, rel_tol=1e-9, abs_tol=1e-12)


def test_the_programmes_lift_weighs_by_the_chance_never_to_be_mailed(built: Any) -> None:
    """Hájek's mean, its variance by linearisation."""
    several, _, connection = built
    never = ~several.mailed["first"] & ~several.mailed["second"]
    # one chance for all: the weights are equal, and differ from one only
    weight = never / (SHARES["first"] * SHARES["second"])
    treated, holdout = several.orders.mean(), float(weight @ several.orders / weight.sum())
    influence = (several.orders - treated) / PEOPLE - weight * (several.orders - holdout) / weight.sum()
    error = math.sqrt(influence @ influence)
    [lift] = rows(
        connection,
        """
        from marts.fct_programme_lift
        where organization_id = 'programme' and metric = 'orders_per_household' and estimator = 'inverse_probability'
        """,
    )
    assert lift["lift_status"] == "ok"
    assert lift["holdout_households"] == never.sum()
    assert close(lift["treated_mean"], treated)
    assert close(lift["holdout_mean"], holdout)
    assert close(lift["absolute_lift_standard_error"], error)
    assert close(lift["p_value"], 2 * stats.norm.sf(abs(treated - holdout) / error))
    both = (1 - SHARES["first"]) * (1 - SHARES["second"])
    truth = sum(EFFECTS[name] * (1 - SHARES[name]) for name in SHARES) + INTERACTION * both
    assert abs(lift["absolute_lift"] - truth) < 4 * error


def test_the_programmes_lift_adds_up_what_each_campaign_found(built: Any) -> None:
    """The sum of what fct_campaign_lift says, with the covariance of people on both lists; the default."""
    several, _, connection = built
    influence, total = np.zeros(PEOPLE), 0.0
    for mailed in several.mailed.values():
        for arm, weight in ((mailed, 1.0), (~mailed, -mailed.sum() / (~mailed).sum())):
            mean, size = several.orders[arm].mean(), arm.sum()
            total += weight * size * mean
            influence += weight * arm * (several.orders - mean) * math.sqrt(size / (size - 1))
    [lift] = rows(
        connection,
        """
        from marts.fct_programme_lift
        where organization_id = 'programme' and metric = 'orders_per_household' and is_default
        """,
    )
    [(incremental,)] = connection.execute(
        """
        select sum(incremental_total)
        from marts.fct_campaign_lift
        where organization_id = 'programme' and metric = 'orders_per_recipient'
        """
    ).fetchall()
    assert lift["lift_status"] == "ok"
    assert close(lift["absolute_lift"], total / PEOPLE)
    assert close(lift["absolute_lift"], incremental / PEOPLE)
    # what each household moves is kept to four places
    error = math.sqrt(influence @ influence) / PEOPLE
    assert math.isclose(lift["absolute_lift_standard_error"], error, rel_tol=1e-5)


def test_without_a_known_share_there_is_no_programme_lift(built: Any) -> None:
    _, _, connection = built
    found = rows(
        connection,
        "select distinct absolute_lift, p_value, lift_status, estimator from marts.fct_programme_lift "
        "where organization_id = 'unknown' and not is_default order by estimator",
    )
    assert [tuple(one.values()) for one in found] == [
        (None, None, "no_holdout", "global_holdout"),
        (None, None, "unknown_share", "inverse_probability"),
    ]


def test_the_two_by_two_is_that_of_the_cells(built: Any) -> None:
    several, _, connection = built
    cells = {
        "neither": ~several.mailed["first"] & ~several.mailed["second"],
        "first": several.mailed["first"] & ~several.mailed["second"],
        "second": ~several.mailed["first"] & several.mailed["second"],
        "both": several.mailed["first"] & several.mailed["second"],
    }
    means = {name: float(several.orders[cell].mean()) for name, cell in cells.items()}
    error = math.sqrt(sum(several.orders[cell].var(ddof=1) / cell.sum() for cell in cells.values()))
    [pair] = rows(
        connection,
        """
        from marts.fct_campaign_interactions
        where organization_id = 'programme' and metric = 'orders_per_household'
        """,
    )
    assert pair["interaction_status"] == "ok"
    for name, cell in cells.items():
        assert pair[f"{name}_households"] == cell.sum()
        assert close(pair[f"{name}_mean"], means[name])
    interaction = means["both"] - means["first"] - means["second"] + means["neither"]
    assert close(pair["interaction"], interaction)
    assert close(pair["interaction_ci_low"], interaction - stats.norm.isf(0.025) * error)
    main_effect = (means["both"] + means["first"] - means["second"] - means["neither"]) / 2
    assert close(pair["first_main_effect"], main_effect)
    assert close(pair["first_main_effect_ci_high"], main_effect + stats.norm.isf(0.025) * error / 2)
    table = [[cells["neither"].sum(), cells["second"].sum()], [cells["first"].sum(), cells["both"].sum()]]
    assert close(pair["independence_p_value"], stats.chi2_contingency(table, correction=False).pvalue)
    assert abs(interaction - INTERACTION) < 4 * error


def test_the_lenses_count_the_same_orders_and_share_what_they_learn(built: Any) -> None:
    """Pooling is that of statsmodels; the campaign without a holdout has a predictive interval, labelled as such."""
    _, world, connection = built
    lenses = rows(connection, "from marts.fct_campaign_lenses where organization_id = 'lenses' and segment = '(all)'")
    by_campaign = {one["campaign_id"]: one for one in lenses}
    mailed = {row["email"]: row["campaign_id"] for row in world.rows["recipients"] if row["is_holdout"] == "false"}
    for campaign, lens in by_campaign.items():
        orders = [row for row in world.rows["orders"] if mailed.get(row["email"]) == campaign]
        assert close(lens["matchback_orders"], len(orders))
        assert lens["codes_only_orders"] == sum(row["discount_codes"] == "TEN" for row in orders)
    measured = [by_campaign[f"c{number}"] for number in range(3)]
    lifts = rows(
        connection,
        "from marts.fct_campaign_lift where organization_id = 'lenses' and metric = 'orders_per_recipient' "
        "order by campaign_id",
    )[:3]
    shares = np.array([one["organic_share"] for one in measured])
    errors = np.array([one["relative_lift_standard_error"] / (1 + one["relative_lift"]) ** 2 for one in lifts])
    for lens, lift in zip(measured, lifts, strict=True):
        assert lens["incremental_basis"] == "measured"
        assert close(lens["organic_share"], lift["holdout_mean"] / lift["treated_mean"])
        assert close(lens["holdout_orders"], lift["incremental_total"])
    between = max(float(combine_effects(shares, errors**2, method_re="dl").tau2), 0.0)
    weights = 1 / (errors**2 + between)
    mean = float(np.average(shares, weights=weights))
    guessed = by_campaign["c3"]
    assert guessed["incremental_basis"] == "extrapolated"
    assert guessed["lift_status"] == "no_holdout"
    assert close(guessed["pooled_organic_share"], mean)
    assert close(guessed["extrapolated_orders"], guessed["matchback_orders"] * (1 - mean))
    width = stats.t.isf(0.025, 1) * math.sqrt(between + 1 / weights.sum())
    assert close(guessed["extrapolated_orders_low"], guessed["matchback_orders"] * (1 - mean - width))
