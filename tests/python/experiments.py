"""Random experiments whose every person is known: each an organization with one campaign, all in a few files.

Orders are found by e-mail alone, so that what lift should see is what was drawn: the arrays here are the outcomes, and
no model of the project stands between them and the oracle.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from dlt_pipelines.config import Workspace
from dlt_pipelines.sandbox.files import write_configuration
from dlt_pipelines.sandbox.world import CampaignPlan, OrganizationPlan, OrganizationWorld, People

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]

CAMPAIGN = "experiment"
ASSIGNED_AT = datetime(2026, 3, 1, 9)
IN_HOME_DAYS, WINDOW_DAYS, PRIOR_DAYS = 5, 30, 365
AS_OF = "2026-06-01 00:00:00"
SECONDS = 86_400
SEGMENTS = ("gold", "silver", "bronze")


@dataclass(frozen=True)
class Experiment:
    """How an experiment is drawn.

    Attributes:
        organization_id: Unique.
        households: How many.
        sizes: Shares of households of one person, of two and so on.
        holdout_share: Chance of a household (or person) to be held out.
        rate: Orders per person in the window, on average.
        frailty: Variance of the factor that a household's members share; the source of correlation within it.
        value_log_sd: Of the logarithm of an order's value: the skew.
        effect: By how much the mail raises the rate, as a share of it.
        is_by_person: Whether people were drawn, not households, so that households have members in both arms.
    """

    organization_id: str
    households: int
    sizes: tuple[float, ...] = (1.0,)
    holdout_share: float = 0.5
    rate: float = 0.3
    frailty: float = 0.5
    value_log_sd: float = 0.8
    effect: float = 0.0
    is_by_person: bool = False


@dataclass
class Drawn:
    """What came of it, a position per person; orders a position each.

    Attributes:
        household: Number of the household.
        segment: The household's, by position of the household.
        is_holdout: The arm.
        day: By order, days since the window opened; negative before.
        person: By order, who.
        value: By order, in major units, to the cent.
        truth: By metric, the effect on these very people.
    """

    plan: Experiment
    household: Integers
    segment: list[str]
    is_holdout: Booleans
    day: Floats
    person: Integers
    value: Floats
    truth: dict[str, float] = field(default_factory=dict)

    def outcomes(self, first_day: float = 0.0, last_day: float = float(WINDOW_DAYS)) -> dict[str, Floats]:
        """Buyers, orders and revenue by person, of the orders from one day of the window to before another."""
        mine = (self.day >= first_day) & (self.day < last_day)
        people = len(self.household)
        orders = np.bincount(self.person[mine], minlength=people).astype(np.float64)
        revenue = np.bincount(self.person[mine], weights=self.value[mine], minlength=people).astype(np.float64)
        return {
            "conversion_rate": (orders > 0).astype(np.float64),
            "orders_per_recipient": orders,
            "revenue_per_recipient": revenue,
        }

    def prior(self) -> dict[str, Floats]:
        """The same of the year before assignment."""
        return self.outcomes(-IN_HOME_DAYS - PRIOR_DAYS, -IN_HOME_DAYS)


def draw(plan: Experiment, seed: int) -> Drawn:
    """One experiment of that plan, the same for the same seed."""
    random = np.random.default_rng(seed)
    sizes = random.choice(np.arange(1, len(plan.sizes) + 1), size=plan.households, p=plan.sizes)
    household = np.repeat(np.arange(plan.households), sizes)
    people = len(household)
    factor = random.gamma(1 / plan.frailty, plan.frailty, plan.households)[household]
    held_out = random.random(people if plan.is_by_person else plan.households) < plan.holdout_share
    is_holdout = held_out if plan.is_by_person else held_out[household]
    segment = random.choice(SEGMENTS, plan.households, p=(0.5, 0.3, 0.2)).tolist()
    rate = plan.rate * factor
    in_window = random.poisson(rate * (1 + plan.effect * ~is_holdout))
    before = random.poisson(rate * PRIOR_DAYS / WINDOW_DAYS / 6)
    day = np.concatenate(
        [
            random.random(in_window.sum()) * WINDOW_DAYS,
            -IN_HOME_DAYS - PRIOR_DAYS + random.random(before.sum()) * PRIOR_DAYS,
        ]
    )
    # whole seconds, and never on a boundary
    day = (np.floor(day * SECONDS) + 0.5) / SECONDS
    mean_value = 60.0
    value = np.round(
        random.lognormal(np.log(mean_value) - plan.value_log_sd**2 / 2, plan.value_log_sd, len(day)) + 0.01, 2
    )
    orders = float(np.mean(rate) * plan.effect)
    truth = {
        "conversion_rate": float(np.mean(np.exp(-rate) - np.exp(-rate * (1 + plan.effect)))),
        "orders_per_recipient": orders,
        "revenue_per_recipient": float(orders * (mean_value + 0.01)),
    }
    person = np.concatenate([np.repeat(np.arange(people), in_window), np.repeat(np.arange(people), before)])
    return Drawn(plan, household, segment, is_holdout, day, person, value, truth)


def write(place: Workspace, experiments: Sequence[Drawn], files: int = 1) -> None:
    """Writes configuration and inbox of all experiments, the people in so many files."""
    write_organizations(place, [one.plan.organization_id for one in experiments])
    for folder in ("campaigns", "recipients", "orders"):
        (place.inbox / folder).mkdir(parents=True, exist_ok=True)
    campaigns = [_campaign(one) for one in experiments]
    pq.write_table(pa.Table.from_pylist(campaigns), place.inbox / "campaigns" / "campaigns.parquet")
    for number in range(files):
        mine = experiments[number::files]
        _write(place, "recipients", number, (_recipients(one) for one in mine))
        _write(place, "orders", number, (_orders(one) for one in mine))


def write_organizations(place: Workspace, names: Sequence[str]) -> None:
    """Writes the configuration of organizations whose orders come from files, in pounds."""
    write_configuration(place.config, [_organization(name) for name in names])


def _write(place: Workspace, folder: str, number: int, tables: Iterable[pa.Table]) -> None:
    pq.write_table(pa.concat_tables(tables), place.inbox / folder / f"{folder}_{number:03d}.parquet")


def _organization(name: str) -> OrganizationWorld:
    plan = OrganizationPlan(
        name, name, "files", "GB", "GBP", "EUR", f"{name}.example", (CampaignPlan(CAMPAIGN, CAMPAIGN, 0, 0, 0, 0),), 0
    )
    nobody = np.zeros(0, dtype=np.int64)
    none = nobody.astype(bool)
    people = People(nobody, [], nobody, none, none, nobody.astype(np.float64), [], [], 0)
    return OrganizationWorld(plan, people, {}, [], {}, [])


def _campaign(one: Drawn) -> dict[str, str]:
    return {
        "organization_id": one.plan.organization_id,
        "campaign_id": CAMPAIGN,
        "name": "An experiment",
        "launched_at": ASSIGNED_AT.isoformat(),
        "window_days": str(WINDOW_DAYS),
        "in_home_days": str(IN_HOME_DAYS),
        "holdout_share": str(one.plan.holdout_share),
        "creative": "A card",
        "piece_cost": "0.70",
        "gross_margin_rate": "0.5",
    }


def _recipients(one: Drawn) -> pa.Table:
    people = len(one.household)
    return pa.table(
        {
            "organization_id": [one.plan.organization_id] * people,
            "campaign_id": [CAMPAIGN] * people,
            "recipient_id": [f"r{person}" for person in range(people)],
            "household_id": [f"h{household}" for household in one.household],
            "segment": [one.segment[household] for household in one.household],
            "email": [f"p{person}@people.example" for person in range(people)],
            "is_holdout": ["true" if held_out else "false" for held_out in one.is_holdout],
            "created_at": [ASSIGNED_AT.isoformat()] * people,
        }
    )


def _orders(one: Drawn) -> pa.Table:
    opens_at = ASSIGNED_AT + timedelta(days=IN_HOME_DAYS)
    instants = np.datetime64(opens_at, "ms") + np.round(one.day * SECONDS * 1000).astype("timedelta64[ms]")
    orders = len(one.day)
    return pa.table(
        {
            "organization_id": [one.plan.organization_id] * orders,
            "order_id": [f"o{number}" for number in range(orders)],
            "ordered_at": np.datetime_as_string(instants).tolist(),
            "email": [f"p{person}@people.example" for person in one.person],
            "currency": ["GBP"] * orders,
            "total_amount": [f"{value:.2f}" for value in one.value],
            "tax_amount": ["0"] * orders,
            "shipping_amount": ["0"] * orders,
        }
    )
