"""Does all mail together seem to do something where it does nothing? Worlds of several lists that share households.

    python benchmarks/programmes.py [--worlds 400]

Heavy buyers stand on more lists than others do. Each list is drawn by itself; households order in the window of each
list, or all lists have one window, so that their orders are the same. `stacked_experiments` and `inverse_probability`
are computed as the models of `int_programme__*` do, and judged as `fct_programme_lift` is: how many are called ok, and
how many of those leave out what was planted.
"""

from __future__ import annotations

import argparse
import math
import sys
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.heavy_tails import GREATEST_SKEWNESS, LEAST_BUYERS

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]

RATE, TAIL, FEWEST_EXPECTED, Z = 0.15, 1.0, 50, 1.959964
LISTS, HOUSEHOLDS, SHARES = (2, 4, 6, 8), (1_500, 4_000, 10_000), (0.1, 0.3, 0.5)


@dataclass(frozen=True)
class Setting:
    """A kind of world.

    Attributes:
        lists: How many.
        households: Who may stand on them.
        share: Of a list that is held out.
        is_one_window: Whether all lists have the same window, and so the same orders.
        effect: Orders that a piece of mail adds, as a share of what a household orders anyway.
    """

    lists: int
    households: int
    share: float
    is_one_window: bool = False
    effect: float = 0.0


@dataclass
class World:
    """By household and list: whether it is on it, whether it was mailed, and what it ordered in its window."""

    is_listed: Booleans
    is_mailed: Booleans
    outcomes: dict[str, Floats]
    truth: dict[str, float]


@dataclass(frozen=True)
class Lift:
    """What is said of a metric: the lift per household, its standard error, and whether it is called ok."""

    lift: float
    error: float
    is_ok: bool

    def leaves_out(self, truth: float) -> bool:
        """Whether the 95 % interval does."""
        return abs(self.lift - truth) > Z * self.error


def draw(setting: Setting, random: np.random.Generator) -> World:
    """One world; revenue is lognormal by order."""
    factor = random.gamma(0.5, 2.0, setting.households)
    chance = np.clip(0.15 + 0.25 * factor, 0, 0.95)
    shape = (setting.households, setting.lists)
    is_listed = random.random(shape) < chance[:, None]
    is_mailed = is_listed & (random.random(shape) >= setting.share)
    windows = is_mailed.sum(axis=1, keepdims=True) if setting.is_one_window else is_mailed
    orders = random.poisson(RATE * factor[:, None] * (1 + setting.effect * windows))
    cell = np.repeat(np.arange(orders.size), orders.ravel())
    revenue = np.bincount(cell, random.lognormal(0, TAIL, len(cell)), orders.size).reshape(orders.shape)
    counted = {"conversion_rate": (orders > 0).astype(float), "orders_per_household": orders.astype(float)}
    outcomes = {name: np.broadcast_to(y, shape) for name, y in (counted | {"revenue_per_household": revenue}).items()}
    added = float(setting.effect * RATE * (factor[:, None] * is_mailed).sum() / is_listed.any(axis=1).sum())
    truth = {"orders_per_household": added, "revenue_per_household": added * math.exp(TAIL**2 / 2)}
    return World(is_listed, is_mailed, outcomes, truth if setting.effect else dict.fromkeys(outcomes, 0.0))


def stacked(world: World, metric: str) -> Lift:
    """Each list's own experiment, all added up, with the covariance of households on several."""
    y = world.outcomes[metric]
    held_out = world.is_listed & ~world.is_mailed
    arms = [(arm, arm.sum(axis=0)) for arm in (world.is_mailed, held_out)]
    (mailed, treated), (_, holdouts) = arms
    means = [(y * arm).sum(axis=0) / size for arm, size in arms]
    errors = [arm * (y - mean) * np.sqrt(size / (size - 1)) for (arm, size), mean in zip(arms, means, strict=True)]
    influence = (errors[0] - errors[1] * treated / holdouts).sum(axis=1)
    people = world.is_listed.any(axis=1).sum()
    bought = y[world.is_listed]
    sizes = treated.sum(), holdouts.sum()
    skewness = (bought**3).sum() / (bought**2).sum() ** 1.5 * (sizes[0] - sizes[1]) / math.sqrt(sizes[0] * sizes[1])
    is_skewed = metric == "revenue_per_household" and abs(skewness) > GREATEST_SKEWNESS
    buyers = [(y[arm] > 0).sum() for arm in (mailed, held_out)]
    lift = (treated * (means[0] - means[1])).sum() / people
    return Lift(
        float(lift), float(math.sqrt(influence @ influence) / people), min(buyers) >= LEAST_BUYERS and not is_skewed
    )


def weighted(world: World, metric: str, share: float) -> Lift:
    """All households as they were mailed, against those never mailed by the inverse of their chance of it (Hájek)."""
    is_listed = world.is_listed.any(axis=1)
    y = (world.outcomes[metric] * world.is_listed)[is_listed].sum(axis=1)
    lists = world.is_listed[is_listed].sum(axis=1)
    is_never_mailed = ~world.is_mailed[is_listed].any(axis=1)
    expected = min((lists == count).sum() * share**count for count in np.unique(lists))
    weight = is_never_mailed / share**lists
    if not weight.any():
        return Lift(math.nan, math.nan, False)
    holdout = weight @ y / weight.sum()
    influence = (y - y.mean()) / len(y) - weight * (y - holdout) / weight.sum()
    buyers = [(y[arm] > 0).sum() for arm in (is_never_mailed, ~is_never_mailed)]
    is_ok = expected >= FEWEST_EXPECTED and min(buyers) >= LEAST_BUYERS
    return Lift(float(y.mean() - holdout), float(math.sqrt(influence @ influence)), is_ok)


def measure(setting: Setting, worlds: int, random: np.random.Generator) -> dict[str, list[tuple[Lift, float]]]:
    """By estimator and metric: what was found in each world, and what was planted."""
    found: dict[str, list[tuple[Lift, float]]] = {}
    for _ in range(worlds):
        world = draw(setting, random)
        for metric, truth in world.truth.items():
            found.setdefault(f"stacked {metric}", []).append((stacked(world, metric), truth))
        if not setting.is_one_window:
            lift = weighted(world, "orders_per_household", setting.share)
            found.setdefault("weighted orders_per_household", []).append((lift, world.truth["orders_per_household"]))
    return found


def settings() -> list[Setting]:
    """Those of docs/method.md."""
    return [Setting(*one) for one in product(LISTS, HOUSEHOLDS, SHARES, (False, True))]


def main() -> None:
    """Prints a line per setting and estimator: worlds called ok, and of those that leave out what was planted."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worlds", type=int, default=400)
    worlds = parser.parse_args().worlds
    random = np.random.default_rng(20_261_127)
    # by estimator, metric and whether there is an effect: worlds, called ok, and of those that leave zero out
    totals: dict[tuple[str, bool], list[int]] = {}
    for setting in settings():
        for one in (setting, replace(setting, effect=0.5)):
            for name, found in measure(one, worlds if not one.effect else worlds // 4, random).items():
                ok = [(lift, truth) for lift, truth in found if lift.is_ok]
                leaves = sum(lift.leaves_out(truth) for lift, truth in ok) / max(len(ok), 1)
                seen = sum(lift.leaves_out(0.0) for lift, _ in ok) / max(len(ok), 1)
                total = totals.setdefault((name, one.effect > 0), [0, 0, 0])
                total[:] = (total[0] + len(found), total[1] + len(ok), total[2] + round(seen * len(ok)))
                print(
                    f"{one} {name}: {len(ok)} of {len(found)} ok, {leaves:.3f} leave the truth, {seen:.3f} zero",
                    flush=True,
                )
    for (name, has_effect), (worlds_of, ok_of, leaving) in totals.items():
        print(
            f"{name}, {'with' if has_effect else 'without'} an effect: {ok_of / worlds_of:.0%} ok, of those "
            f"{leaving / max(ok_of, 1):.1%} leave zero out"
        )


if __name__ == "__main__":
    main()
