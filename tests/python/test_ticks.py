"""What a tick looks at, and what can be had of earlier builds."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import duckdb

from dlt_pipelines.build import CREDIT, build
from dlt_pipelines.config import Workspace
from tests.python.conftest import compile_analysis, load_files, run_dbt, ship_configuration
from tests.python.histories import History


class ExactWorld:
    """An organization with five people, two campaigns and an order of each person, as rows that a change edits."""

    def __init__(self) -> None:
        """The same people in every organization."""
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


def write_worlds(place: Workspace, worlds: Mapping[str, ExactWorld]) -> None:
    """Writes every file anew, the rows of all organizations in one file of each kind."""
    for entity in ("campaigns", "recipients", "orders", "exclusions", "subscriptions"):
        rows = [
            {"organization_id": organization_id} | row
            for organization_id, world in worlds.items()
            for row in world.tables[entity]
        ]
        path = place.inbox / entity / "all.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)


def has_the_email_of_a_stranger(world: ExactWorld) -> None:
    """Gives a recipient the e-mail of an order that is not hers."""
    world.row("recipients", campaign_id="spring", recipient_id="ann").update(email="stranger@mail.example")


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
        has_the_email_of_a_stranger,
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


def decided(place: Workspace) -> dict[tuple[str, str], str]:
    """The orders that the last build decided anew, and why."""
    with duckdb.connect(str(place.database), read_only=True) as connection:
        found = connection.execute(
            "select organization_id, order_id, cause from intermediate.int_orders__to_decide"
        ).fetchall()
    return {(organization_id, order_id): cause for organization_id, order_id, cause in found}


def test_a_tick_decides_exactly_the_orders_that_a_change_touches(new_place: Callable[[str], Workspace]) -> None:
    """A change in each of many small organizations: the orders looked at, and why, are those a person would name."""
    place = new_place("exact")
    worlds = {f"change_{number}": ExactWorld() for number in range(len(EXACT_CHANGES))}
    ship_configuration(place)
    with (place.config / "organizations.csv").open("a", encoding="utf-8") as file:
        file.writelines(f"{name},{name},live,true,files,,,US,USD,UTC,,,\n" for name in worlds)
    for world, (name, _, _) in zip(worlds.values(), EXACT_CHANGES, strict=True):
        if name.startswith("an exclusion"):
            has_the_email_of_a_stranger(world)
    write_worlds(place, worlds)
    load_files(place)
    build(place, select=CREDIT)
    for world, (_, change, _) in zip(worlds.values(), EXACT_CHANGES, strict=True):
        change(world)
    write_worlds(place, worlds)
    load_files(place)
    build(place, select=CREDIT)
    found = decided(place)
    for organization_id, (name, _, expected) in zip(worlds, EXACT_CHANGES, strict=True):
        assert {order: cause for (whose, order), cause in found.items() if whose == organization_id} == expected, name

    # a seed that keys are made with: everything is keyed anew, and decided is whose key is another now, and the order
    # at the address of a recipient whose key is
    with duckdb.connect(str(place.database)) as connection:
        connection.execute("insert into config.unmatchable_emails values ('local_part', 'stranger', 'a test')")
    run_dbt(place, "run", "--select", *CREDIT.split())
    assert decided(place) == {(name, "stranger"): "order" for name in worlds} | {
        (name, "ann"): "recipient"
        for name, world in worlds.items()
        if world.row("recipients", campaign_id="spring", recipient_id="ann")["email"] == "stranger@mail.example"
    }


def test_the_figures_of_any_past_day_can_be_had_again(new_place: Callable[[str], Workspace]) -> None:
    """The analysis, asked for a time between two builds, gives what was in the marts then."""
    place = new_place("past")
    history = History(place, 20, seed=3)
    told = []
    for _ in range(2):
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
