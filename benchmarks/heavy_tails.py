"""How skewed may revenue be before its intervals lie? Worlds without an effect, by split, tail and buyers held out.

    python benchmarks/heavy_tails.py [--worlds 2000]

In each world so many recipients buy once, for a lognormal value, on some day of the window; arms differ by chance.
Counted are the default 95 % intervals that hold zero, and the always-valid bands that leave it out on any of the days,
among all worlds and among those whose lift is no more skewed than `greatest_skewness` (macros/lift_moments.sql) allows.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Floats = NDArray[np.float64]

DAYS, BUYING_RATE, LEAST_BUYERS = 30, 0.05, 5
GREATEST_SKEWNESS = 0.25
TAILS, SHARES, BUYERS = (0.5, 1.0, 1.5, 2.0), (0.05, 0.1, 0.2, 0.35, 0.5), (17, 50, 100, 200, 500)


@dataclass(frozen=True)
class Setting:
    """A kind of world.

    Attributes:
        tail: Of the logarithm of what a buyer spends, the standard deviation.
        share: Of recipients held out.
        buyers: Expected among those held out.
    """

    tail: float
    share: float
    buyers: int


@dataclass
class Arm:
    """Sums by world and day, each to the end of that day: buyers, what they spent, its squares and its cubes."""

    recipients: int
    buyers: Floats
    y: Floats
    yy: Floats
    yyy: Floats


@dataclass(frozen=True)
class Found:
    """Of so many worlds, how many may be judged and are called ok, and what is true of both, as shares."""

    judged: int
    ok: int
    covered: float
    covered_ok: float
    errs: float
    errs_ok: float


def grid() -> list[Setting]:
    """The settings of docs/method.md."""
    return [Setting(*one) for one in product(TAILS, SHARES, BUYERS)]


def draw(setting: Setting, recipients: int, worlds: int, random: np.random.Generator) -> Arm:
    """One arm of all worlds."""
    buyers = random.binomial(recipients, BUYING_RATE, worlds)
    value = random.lognormal(0, setting.tail, buyers.sum())
    cell = np.repeat(np.arange(worlds), buyers) * DAYS + random.integers(0, DAYS, buyers.sum())

    def to_date(weights: Floats) -> Floats:
        return np.bincount(cell, weights, worlds * DAYS).reshape(worlds, DAYS).cumsum(axis=1)

    return Arm(recipients, *(to_date(value**power) for power in range(4)))


def variance(arm: Arm) -> Floats:
    """Of the arm's mean."""
    return (arm.yy - arm.y**2 / arm.recipients) / arm.recipients / (arm.recipients - 1)


def measure(setting: Setting, worlds: int, random: np.random.Generator) -> Found:
    """What is found in so many worlds of a setting."""
    held_out = round(setting.buyers / BUYING_RATE)
    sizes = round(held_out * (1 - setting.share) / setting.share), held_out
    treated, holdout = (draw(setting, size, worlds, random) for size in sizes)
    placebo = sum(variance(draw(setting, size, worlds, random))[:, -1:] for size in sizes)
    parts = [variance(arm) for arm in (treated, holdout)]
    total = parts[0] + parts[1]
    lift = treated.y / treated.recipients - holdout.y / holdout.recipients
    bought = treated.buyers + holdout.buyers
    with np.errstate(divide="ignore", invalid="ignore"):
        shape = ((treated.yyy + holdout.yyy) / (treated.yy + holdout.yy) ** 1.5)[:, -1:]
        skewness = shape * np.sqrt(bought[:, -1:] / bought) * (sizes[0] - sizes[1]) / np.sqrt(sizes[0] * sizes[1])
        degrees = total**2 / sum(part**2 / (size - 1) for part, size in zip(parts, sizes, strict=True))
    looks = 2 * np.log(20)
    mixture = placebo / (looks + np.log(1 + looks))
    half_width = np.sqrt((total + mixture) * (np.log((total + mixture) / mixture) + looks))
    is_judged = np.minimum(treated.buyers, holdout.buyers) >= LEAST_BUYERS
    is_ok = is_judged & (abs(skewness) <= GREATEST_SKEWNESS)
    judged, ok = is_judged[:, -1], is_ok[:, -1]
    covers = abs(lift[:, -1]) <= stats.t.isf(0.025, degrees[:, -1]) * np.sqrt(total[:, -1])
    leaves = abs(lift) > half_width
    return Found(
        int(judged.sum()),
        int(ok.sum()),
        *(float(covers[which].mean()) if which.any() else np.nan for which in (judged, ok)),
        *(
            float((leaves & which).any(axis=1)[some].mean()) if some.any() else np.nan
            for which, some in ((is_judged, judged), (is_ok, ok))
        ),
    )


def row(setting: Setting, found: Found, worlds: int) -> str:
    """A line of the table."""
    figures = [f"{one:.3f}" for one in (found.covered, found.errs)]
    ok = [f"{one:.3f}" if found.ok >= worlds / 50 else "" for one in (found.covered_ok, found.errs_ok)]
    cells = [f"{setting.tail}", f"{setting.share:.0%}", f"{setting.buyers}", *figures, f"{found.ok / worlds:.2f}", *ok]
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Prints the table of docs/method.md."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worlds", type=int, default=2_000)
    worlds = parser.parse_args().worlds
    random = np.random.default_rng(20_261_127)
    print("| sigma | held out | buyers | interval holds zero | band leaves it | called ok | of them holds | leaves |")
    print("|---|---|---|---|---|---|---|---|")
    enough: list[Found] = []
    for setting in grid():
        found = measure(setting, worlds, random)
        print(row(setting, found, worlds), flush=True)
        enough += [found] if found.ok >= worlds / 50 else []
    ok = sum(one.ok for one in enough)
    covered, errs = (sum(one.ok * getattr(one, name) for one in enough) / ok for name in ("covered_ok", "errs_ok"))
    print(f"\nOf {ok:,} worlds called ok {covered:.3f} hold zero, and the bands of {errs:.3f} leave it out.")


if __name__ == "__main__":
    main()
