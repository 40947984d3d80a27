"""Small worlds of one organization each, row by row, as files of the inbox."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np

from dlt_pipelines.config import Workspace
from tests.python.experiments import write_organizations

ASSIGNED_AT = datetime(2026, 3, 1, 9)
OPENS_AT = ASSIGNED_AT + timedelta(days=5)
PEOPLE = 2_000
Row = dict[str, object]


@dataclass
class World:
    """Rows of the inbox of one organization, by folder."""

    organization_id: str
    rows: dict[str, list[Row]] = field(default_factory=dict)

    def add(self, folder: str, **columns: object) -> None:
        self.rows.setdefault(folder, []).append({"organization_id": self.organization_id, **columns})


def planted(organization_id: str, seed: int, people: int = PEOPLE, holdout: float = 0.5, rate: float = 0.5) -> World:
    """A campaign whose mail does nothing: one person a household, who orders in the window with one chance."""
    random = np.random.default_rng(seed)
    world = World(organization_id)
    add_campaign(world, "card")
    for person in range(people):
        add_recipient(world, "card", person, bool(random.random() < holdout))
        if random.random() < rate:
            add_order(world, person, OPENS_AT + timedelta(days=2 + 27 * random.random()))
    return world


def add_campaign(world: World, campaign_id: str, **columns: object) -> None:
    values: Row = {
        "name": campaign_id,
        "launched_at": ASSIGNED_AT.isoformat(),
        "window_days": 30,
        "in_home_days": 5,
        "discount_codes": "TEN",
        "piece_cost": "0.7",
        "gross_margin_rate": "0.5",
        "holdout_share": "0.5",
    }
    world.add("campaigns", campaign_id=campaign_id, **(values | columns))


def add_recipient(world: World, campaign_id: str, person: int, is_holdout: bool, **columns: object) -> None:
    values: Row = {
        "recipient_id": f"r{person}",
        "is_holdout": str(is_holdout).lower(),
        "email": f"p{person}@people.example",
        "address1": f"{person + 1} Oakwood Street",
        "city": "Portland",
        "region": "OR",
        "postal_code": "97201",
        "country": "US",
        "created_at": ASSIGNED_AT.isoformat(),
        "sent_at": "" if is_holdout else (ASSIGNED_AT + timedelta(days=2)).isoformat(),
    }
    world.add("recipients", campaign_id=campaign_id, **(values | columns))


def add_order(world: World, person: int, ordered_at: datetime, **columns: object) -> None:
    values: Row = {
        "order_id": f"o{len(world.rows.get('orders', []))}",
        "ordered_at": ordered_at.isoformat(),
        "currency": "GBP",
        "total_amount": 50,
        "tax_amount": 0,
        "shipping_amount": 0,
        "email": f"p{person}@people.example",
        "customer_id": "",
        "discount_codes": "",
        "status": "paid",
        "ship_address1": "",
        "ship_city": "",
        "ship_region": "",
        "ship_postal_code": "",
        "ship_country": "",
    }
    world.add("orders", **(values | columns))


def at_home(person: int) -> Row:
    """An order that only the address finds."""
    return {
        "email": f"other{person}@people.example",
        "ship_address1": f"{person + 1} Oakwood Street",
        "ship_city": "Portland",
        "ship_region": "OR",
        "ship_postal_code": "97201",
        "ship_country": "US",
    }


def write_worlds(place: Workspace, worlds: Sequence[World]) -> None:
    """Writes configuration and inbox, a file per folder."""
    write_organizations(place, [one.organization_id for one in worlds])
    for folder in ("campaigns", "recipients", "orders", "order_lines", "refunds", "exclusions", "subscriptions"):
        rows = [row for one in worlds for row in one.rows.get(folder, [])]
        if not rows:
            continue
        (place.inbox / folder).mkdir(parents=True, exist_ok=True)
        with (place.inbox / folder / f"{folder}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]), restval="")
            writer.writeheader()
            writer.writerows(rows)
