"""Do the intervals of lift keep their word? Thousands of small experiments without an effect, each an organization.

With at least 200 buyers in the smaller arm every kind of 95 % interval must cover 95 %, for households of one to six
with correlation within them, skewed values, and even and uneven splits. What it is with fewer buyers is printed.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
from scipy import stats

from dlt_pipelines.build import build
from dlt_pipelines.config import Workspace
from dlt_pipelines.database import opened
from tests.python.conftest import load_files
from tests.python.experiments import AS_OF, Experiment, draw, write

METRICS = ("conversion_rate", "orders_per_recipient", "revenue_per_recipient")
DEFAULT, CUPED = "difference_in_means_household_clustered_t", "cuped_household_clustered_t"
INTERVALS = (
    *((estimator, metric) for estimator in (DEFAULT, CUPED) for metric in METRICS),
    ("winsorised_household_clustered_t", "revenue_per_recipient"),
)
FAMILIES = (0.4, 0.25, 0.15, 0.1, 0.06, 0.04)
SKEWED = Experiment("", 0, rate=1.0, frailty=0.7, value_log_sd=1.0)
# by name: the plan, how many in a hundred worlds, and whether it has the 200 buyers
DESIGNS = {
    "singles_even": (replace(SKEWED, households=950), 30, True),
    "families_even": (replace(SKEWED, households=420, sizes=FAMILIES), 40, True),
    "families_uneven": (replace(SKEWED, households=2_000, sizes=FAMILIES, holdout_share=0.1), 20, True),
    "few_even": (replace(SKEWED, households=80, sizes=FAMILIES), 5, False),
    "few_uneven": (replace(SKEWED, households=300, sizes=FAMILIES, holdout_share=0.1), 5, False),
}
WORLDS, SAMPLE = 2_000, 25
WORLDS_PER_BUILD = 500


@dataclass(frozen=True)
class Found:
    """One interval for an effect of zero."""

    design: str
    metric: str
    estimator: str
    is_covered: bool
    p_value: float
    buyers: int


@pytest.fixture(scope="module")
def found(new_place: Callable[[str], Workspace], is_long: bool) -> tuple[list[Found], list[tuple[str, str, bool]]]:
    """All intervals, and by world and metric whether the band left zero on any day."""
    worlds = WORLDS if is_long else SAMPLE
    intervals: list[Found] = []
    bands: list[tuple[str, str, bool]] = []
    for first in range(0, worlds, WORLDS_PER_BUILD):
        place = new_place(f"coverage{first}")
        numbers = range(first, min(first + WORLDS_PER_BUILD, worlds))
        write(place, [draw(_plan(number), 20_261_122 + number) for number in numbers], files=4)
        load_files(place)
        build(place, {"as_of": AS_OF}, select="+fct_campaign_lift_estimates +fct_campaign_lift_curve")
        mine = _read(place)
        intervals += mine[0]
        bands += mine[1]
        place.database.unlink()
    return intervals, bands


def _plan(number: int) -> Experiment:
    designs = [name for name, (_, share, _) in DESIGNS.items() for _ in range(share)]
    # every part of the worlds has all designs
    name = designs[number * 37 % 100]
    return replace(DESIGNS[name][0], organization_id=f"{name}_{number:04d}")


def _read(place: Workspace) -> tuple[list[Found], list[tuple[str, str, bool]]]:
    with opened(place) as connection:
        rows = connection.execute(
            """
            select
                regexp_replace(organization_id, '_[0-9]+$', ''), metric, estimator,
                absolute_lift_ci_low <= 0 and absolute_lift_ci_high >= 0, p_value,
                least(treated_buyers, holdout_buyers)
            from intermediate.int_lift__estimates
            where period = 'lift' and cut = 'campaign' and metric <> 'merchandise_per_recipient'
                and lift_status = 'ok'
            """
        ).fetchall()
        bands = connection.execute(
            """
            select
                regexp_replace(organization_id, '_[0-9]+$', ''), metric, bool_or(band_low > 0 or band_high < 0)
            from marts.fct_campaign_lift_curve
            where band_low is not null
            group by organization_id, metric
            """
        ).fetchall()
    return [Found(*row) for row in rows], bands


def allowed(count: int, share: float) -> float:
    """Three Monte-Carlo errors of a share."""
    return 3 * math.sqrt(share * (1 - share) / count)


@pytest.mark.long
@pytest.mark.parametrize(("estimator", "metric"), INTERVALS)
def test_intervals_cover_no_effect(found: tuple[list[Found], object], estimator: str, metric: str) -> None:
    """95 % within three Monte-Carlo errors, over all designs with 200 buyers in the smaller arm, and in each."""
    mine = [one for one in found[0] if one.estimator == estimator and one.metric == metric]
    for design, (_, _, has_buyers) in DESIGNS.items():
        ones = [one for one in mine if one.design == design and (one.buyers >= 200) == has_buyers]
        if ones:
            covered = sum(one.is_covered for one in ones) / len(ones)
            print(f"{estimator} {metric} {design}: {covered:.3f} of {len(ones)}")
            assert not has_buyers or abs(covered - 0.95) <= allowed(len(ones), 0.95) + 1 / len(ones)
    enough = [one for one in mine if one.buyers >= 200]
    covered = sum(one.is_covered for one in enough) / len(enough)
    print(f"{estimator} {metric}: {covered:.4f} of {len(enough)}")
    assert abs(covered - 0.95) <= allowed(len(enough), 0.95)


@pytest.mark.long
@pytest.mark.parametrize("metric", METRICS)
def test_p_values_are_uniform_without_an_effect(found: tuple[list[Found], object], metric: str) -> None:
    """By Kolmogorov and Smirnov, at one in a thousand."""
    p_values = [
        one.p_value for one in found[0] if one.metric == metric and one.estimator == DEFAULT and one.buyers >= 200
    ]
    distance = stats.kstest(p_values, "uniform")
    print(f"{metric}: distance {distance.statistic:.4f}, p {distance.pvalue:.3f} of {len(p_values)}")
    assert distance.pvalue > 0.001


@pytest.mark.long
@pytest.mark.parametrize("metric", METRICS)
def test_a_band_looked_at_daily_errs_in_at_most_five_of_a_hundred(
    found: tuple[object, list[tuple[str, str, bool]]], metric: str
) -> None:
    """Over all days of the window, whatever the design."""
    errs = [has_left for _, one, has_left in found[1] if one == metric]
    by_design = Counter(design for design, one, has_left in found[1] if one == metric and has_left)
    print(f"{metric}: {sum(errs)} of {len(errs)} bands leave zero on some day; {dict(by_design)}")
    assert sum(errs) / len(errs) <= 0.05 + allowed(len(errs), 0.05)
