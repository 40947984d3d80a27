"""Does lift tell the truth? Hundreds of small worlds, each an organization of one build, against what was planted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
from scipy import stats

from dlt_pipelines.build import build
from dlt_pipelines.config import Workspace
from dlt_pipelines.database import opened
from dlt_pipelines.sandbox.files import write_configuration, write_inbox
from dlt_pipelines.sandbox.world import END, LARKFIELD, CampaignPlan, OrganizationWorld, build_world
from tests.python.conftest import load_files

METRICS = ("conversion_rate", "orders_per_recipient", "revenue_per_recipient")
WORLDS, SAMPLE = 300, 15
# windows that overlap, so that people are in both campaigns at once
CAMPAIGNS = (
    CampaignPlan("planted", "With an effect", 1_500, 0.3, 40, 0.15, "shared"),
    CampaignPlan("nothing", "Without an effect", 1_500, 0.3, 60, 0.0, "shared"),
)


@dataclass(frozen=True)
class Estimate:
    """One interval and the truth it should cover."""

    truth: float
    lift: float
    low: float
    high: float
    p_value: float
    placebo_p_value: float


@pytest.fixture(scope="module")
def estimates(new_place: Callable[[str], Workspace], is_long: bool) -> dict[tuple[str, str], list[Estimate]]:
    """Estimates by campaign and metric, one per world."""
    place = new_place("simulation")
    plans = [
        replace(
            LARKFIELD,
            organization_id=f"world{number:03d}",
            campaigns=CAMPAIGNS,
            strangers_orders=100,
            email_domain=f"world{number:03d}.example",
        )
        for number in range(WORLDS if is_long else SAMPLE)
    ]
    world = build_world(20261121, plans=plans)
    write_configuration(place.config, world)
    write_inbox(place.inbox, world)
    load_files(place)
    build(place, {"as_of": END.strftime("%Y-%m-%d %H:%M:%S")}, select="+fct_campaign_lift")
    return _read(place, {one.plan.organization_id: one for one in world})


def _read(place: Workspace, world: dict[str, OrganizationWorld]) -> dict[tuple[str, str], list[Estimate]]:
    found: dict[tuple[str, str], list[Estimate]] = {}
    with opened(place) as connection:
        rows = connection.execute(
            """
            select
                lift.organization_id, lift.campaign_id, lift.metric, lift.absolute_lift, lift.absolute_lift_ci_low,
                lift.absolute_lift_ci_high, lift.p_value, placebo.p_value, lift.lift_status
            from marts.fct_campaign_lift as lift
            inner join intermediate.int_lift__t_tests as placebo
                using (organization_id, campaign_id, metric)
            where placebo.period = 'placebo'
            """
        ).fetchall()
    for organization_id, campaign_id, metric, lift, low, high, p_value, placebo, status in rows:
        # a few worlds have one order that dwarfs the others
        assert status in {"ok", "heavy_tail"}, f"{organization_id}/{campaign_id} has status {status}"
        truth = world[organization_id].truths[campaign_id].matchable[metric]
        found.setdefault((campaign_id, metric), []).append(Estimate(truth, lift, low, high, p_value, placebo))
    return found


@pytest.mark.long
@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("campaign", [plan.campaign_id for plan in CAMPAIGNS])
def test_intervals_cover_the_planted_truth(
    estimates: dict[tuple[str, str], list[Estimate]], campaign: str, metric: str
) -> None:
    """The number of 95 % intervals that hold the truth is one that chance allows."""
    ones = estimates[campaign, metric]
    covered = sum(one.low <= one.truth <= one.high for one in ones)
    fewest, most = stats.binom.interval(0.999, len(ones), 0.95)
    print(f"{campaign} {metric}: {covered} of {len(ones)} cover, allowed {fewest:.0f} to {most:.0f}")
    assert fewest <= covered <= most


@pytest.mark.long
@pytest.mark.parametrize("metric", METRICS)
def test_no_effect_raises_no_alarm_beyond_chance(estimates: dict[tuple[str, str], list[Estimate]], metric: str) -> None:
    """The campaign without effect has p < 0.05 as often as 5 % of worlds allow, and so has every placebo."""
    fewest, most = stats.binom.interval(0.999, len(estimates["nothing", metric]), 0.05)
    alarms = {
        "no effect": sum(one.p_value < 0.05 for one in estimates["nothing", metric]),
        "placebo of no effect": sum(one.placebo_p_value < 0.05 for one in estimates["nothing", metric]),
        "placebo of the effect": sum(one.placebo_p_value < 0.05 for one in estimates["planted", metric]),
    }
    print(f"{metric}: {alarms}, allowed {fewest:.0f} to {most:.0f}")
    assert all(fewest <= count <= most for count in alarms.values()), alarms


@pytest.mark.long
@pytest.mark.parametrize("metric", METRICS)
def test_planted_effect_is_recovered_without_bias(
    estimates: dict[tuple[str, str], list[Estimate]], metric: str
) -> None:
    """The mean error over all worlds is zero within four of its standard errors."""
    errors = [one.lift - one.truth for one in estimates["planted", metric]]
    mean, standard_error = stats.tmean(errors), stats.tsem(errors)
    print(f"{metric}: mean error {mean:.5f}, standard error {standard_error:.5f}")
    assert abs(mean) < 4 * standard_error
