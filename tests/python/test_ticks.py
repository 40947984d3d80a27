"""What a tick looks at, and what can be had of earlier builds."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import duckdb

from dlt_pipelines.build import CREDIT, build
from dlt_pipelines.config import Workspace
from tests.python.conftest import compile_analysis, load_files, ship_configuration
from tests.python.histories import History


class ExactWorld:
    """Five people, two campaigns and an order of each person, as files that a change edits."""

    def __init__(self, place: Workspace) -> None:
        """Nothing is written yet."""
        self._place = place
        self.tables: dict[str, list[dict[str, Any]]] = {
            "campaigns": [
                {"campaign_id": name, "name": name, "launched_at": "2026-05-01", "discount_codes": name.upper()}
                for name in ("spring", "summer")
            ],
            "recipients": [
                self.recipient("spring", "ann", "1 Oak St"),
                self.recipient("spring", "bob", "2 Elm St"),
                self.recipient("spring", "cy", "2 Elm St") | {"email": "cy@home.example", "is_holdout": "true"},
                self.recipient("summer", "ann", "1 Oak St"),
            ],
            "orders": [
                self.order("ann", "1 Oak St"),
                self.order("bob", "9 Far Rd"),
                self.order("cy", "8 Far Rd") | {"email": "cy@home.example"},
                self.order("at_elm", "2 Elm St") | {"email": ""},
                self.order("next_door", "4 Elm St") | {"email": ""},
                self.order("stranger", "5 Pine St"),
                self.order("coded", "6 Pine St") | {"discount_codes": "SUMMER"},
            ],
            "exclusions": [{"exclusion_id": "x", "email": "nobody@mail.example"}],
            "subscriptions": [{"subscription_id": "s", "started_at": "2026-01-01", "customer_id": "nobody"}],
        }

    @staticmethod
    def recipient(campaign_id: str, name: str, street: str) -> dict[str, Any]:
        """A mailed recipient."""
        return {
            "campaign_id": campaign_id,
            "recipient_id": name,
            "created_at": "2026-05-01",
            "is_holdout": "false",
            "sent_at": "2026-05-02",
            "email": f"{name}@mail.example",
            "address1": street,
            "postal_code": "75001",
        }

    @staticmethod
    def order(name: str, street: str) -> dict[str, Any]:
        """An order some days after the mail."""
        return {
            "order_id": name,
            "ordered_at": "2026-05-09",
            "currency": "USD",
            "total_amount": "50",
            "email": f"{name}@mail.example",
            "customer_id": f"customer of {name}",
            "discount_codes": "",
            "ship_address1": street,
            "ship_postal_code": "75001",
        }

    def row(self, table: str, **key: str) -> dict[str, Any]:
        """The row of a key, to be changed."""
        return next(row for row in self.tables[table] if key.items() <= row.items())

    def write(self) -> None:
        """Writes the configuration and every file anew."""
        if not (self._place.config / "organizations.csv").exists():
            ship_configuration(self._place)
            with (self._place.config / "organizations.csv").open("a", encoding="utf-8") as file:
                file.write("acorn,Acorn,live,true,files,,,US,USD,UTC,,,\n")
        for entity, rows in self.tables.items():
            path = self._place.inbox / entity / "all.csv"
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, ["organization_id", *rows[0]])
                writer.writeheader()
                writer.writerows({"organization_id": "acorn"} | row for row in rows)


# what changes, how, and which orders a tick must look at for which cause
EXACT_CHANGES: tuple[tuple[str, Callable[[ExactWorld], object], dict[str, str]], ...] = (
    ("nothing but the files' time", lambda _: None, {}),
    (
        "an order's amount",
        lambda world: world.row("orders", order_id="stranger").update(total_amount="51"),
        {"stranger": "order"},
    ),
    (
        "a recipient's e-mail: the order that had it, and the one that has it now",
        lambda world: world.row("recipients", campaign_id="spring", recipient_id="ann").update(
            email="stranger@mail.example"
        ),
        {"ann": "recipient", "stranger": "recipient"},
    ),
    (
        "a mailing that makes a holdout at the same address unclean, whose order has another key",
        lambda world: world.row("recipients", recipient_id="bob").update(sent_at=""),
        {"bob": "recipient", "at_elm": "recipient", "next_door": "recipient", "cy": "recipient"},
    ),
    (
        "a campaign's code",
        lambda world: world.row("campaigns", campaign_id="summer").update(discount_codes="OTHER"),
        {"ann": "campaign", "coded": "campaign"},
    ),
    (
        "an exclusion: the order that has the e-mail, and the one that a recipient who has it is a candidate for",
        lambda world: world.row("exclusions", exclusion_id="x").update(email="stranger@mail.example"),
        {"stranger": "exclusion", "ann": "exclusion"},
    ),
    (
        "a subscription",
        lambda world: world.row("subscriptions", subscription_id="s").update(customer_id="customer of at_elm"),
        {"at_elm": "subscription"},
    ),
    (
        "an order withdrawn",
        lambda world: world.tables["orders"].remove(world.row("orders", order_id="next_door")),
        {"next_door": "order"},
    ),
)


def test_a_tick_decides_exactly_the_orders_that_a_change_touches(new_place: Callable[[str], Workspace]) -> None:
    """One change after the other in a small world: the orders looked at, and why, are those a person would name."""
    place = new_place("exact")
    world = ExactWorld(place)
    world.write()
    load_files(place)
    build(place, select=CREDIT)
    for name, change, expected in EXACT_CHANGES:
        change(world)
        world.write()
        load_files(place)
        build(place, select=CREDIT)
        with duckdb.connect(str(place.database), read_only=True) as connection:
            found = connection.execute("select order_id, cause from intermediate.int_orders__to_decide").fetchall()
        assert dict(found) == expected, name


def test_the_figures_of_any_past_day_can_be_had_again(new_place: Callable[[str], Workspace]) -> None:
    """The analysis, asked for a time between two builds, gives what was in the marts then."""
    place = new_place("past")
    history = History(place, 20, seed=3)
    told = []
    for _ in range(3):
        variables = history.step()
        load_files(place)
        build(place, variables, select=CREDIT)
        with duckdb.connect(str(place.database), read_only=True) as connection:
            credited = connection.execute(
                """
                select organization_id, campaign_id, currency, count(*), sum(net_amount)
                from marts.fct_order_attributions
                where attribution_status = 'attributed'
                group by all
                order by all
                """
            ).fetchall()
        told.append((datetime.now(UTC), credited))
    assert len({str(credited) for _, credited in told}) == len(told), "the history is too tame"
    for at, credited in told:
        sql = compile_analysis(place, "credit_as_of", told_at=f"{at:%Y-%m-%d %H:%M:%S.%f}")
        with duckdb.connect(str(place.database), read_only=True) as connection:
            assert connection.execute(sql).fetchall() == credited
