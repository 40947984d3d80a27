"""A build that looks only at what changed ends where one that makes everything anew ends, row for row."""

from __future__ import annotations

import csv
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from dlt_pipelines.build import CREDIT, build
from dlt_pipelines.config import PROJECT_ROOT, Workspace
from tests.python.conftest import compile_analysis, load_files, ship_configuration
from tests.python.histories import History

STEPS, SAMPLE_STEPS = 30, 6
ORGANIZATIONS, SAMPLE_ORGANIZATIONS = 400, 150
KILLS, SAMPLE_KILLS = 50, 3
# seconds after the start
KILLED_BETWEEN = (4.0, 16.0)
EVENTS = "fct_attribution_events"
# what the marts are made from, and lives on from build to build
STORED = (
    *("int_orders__unioned", "int_order_identifiers", "int_recipients__latest", "int_recipients__as_assigned"),
    *("int_recipient_identifiers", "int_recipients__waiting", "int_addresses", "int_order_exclusions"),
    *("int_order_excluded_parties", "int_email_matches", "int_address_matches", "int_match_candidates__unioned"),
)


def differences(one: Path, other: Path) -> dict[str, list[tuple[object, ...]]]:
    """Rows that only one of two databases has, by table: every mart but the log, and what is stored beneath them."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{one}' as one (read_only)")
        connection.execute(f"attach '{other}' as other (read_only)")
        marts = connection.execute(
            "select distinct table_name from information_schema.tables where table_schema = 'marts' order by 1"
        ).fetchall()
        tables = [f"marts.{name}" for (name,) in marts if name != EVENTS]
        assert len(tables) >= 12
        found = {}
        for table in (*tables, *(f"intermediate.{name}" for name in STORED)):
            rows = connection.execute(
                f"""
                (select '- tick' as side, * from (from one.{table} except all from other.{table}) limit 5)
                union all
                (select '+ full refresh' as side, * from (from other.{table} except all from one.{table}) limit 5)
                """
            ).fetchall()
            if rows:
                found[table] = rows
    return found


def replayed_differences(database: Path) -> list[tuple[object, ...]]:
    """Rows in which the log, replayed to its end, and the attributions differ."""
    with duckdb.connect(str(database), read_only=True) as connection:
        columns = ", ".join(
            name for (name, *_) in connection.execute("describe marts.fct_order_attributions").fetchall()
        )
        return connection.execute(
            f"""
            with replayed as (
                select * from marts.{EVENTS}
                qualify row_number() over (partition by organization_id, order_id order by event_number desc) = 1
            ),
            told as (select {columns} from replayed where not is_withdrawn),
            found as (select {columns} from marts.fct_order_attributions)
            (from told except all from found) union all (from found except all from told)
            """
        ).fetchall()


def count_events(database: Path) -> int:
    with duckdb.connect(str(database), read_only=True) as connection:
        [(events,)] = connection.execute(f"select count(*) from marts.{EVENTS}").fetchall()
    return int(events)


def decided_orders(database: Path) -> tuple[int, int]:
    """How many orders the last build decided anew, and how many there are."""
    with duckdb.connect(str(database), read_only=True) as connection:
        [found] = connection.execute(
            """
            select
                (select count(*) from intermediate.int_orders__to_decide),
                (select count(*) from marts.fct_order_attributions)
            """
        ).fetchall()
    return found[0], found[1]


@pytest.mark.long
def test_ticks_end_where_a_full_refresh_ends(new_place: Callable[[str], Workspace], is_long: bool) -> None:
    """Random histories of many organizations, compared after every step; a second build of the same adds nothing."""
    place = new_place("ticks")
    anew = replace(place, database=place.home / "anew.duckdb")
    history = History(place, ORGANIZATIONS if is_long else SAMPLE_ORGANIZATIONS, seed=20261121)
    for step in range(1, (STEPS if is_long else SAMPLE_STEPS) + 1):
        variables = history.step()
        load_files(place)
        build(place, variables)
        decided, orders = decided_orders(place.database)
        shutil.copy(place.database, anew.database)
        build(anew, variables, full_refresh=True)
        print(f"\nstep {step}: {decided:,} of {orders:,} orders decided anew, {count_events(place.database):,} events")
        assert not differences(place.database, anew.database), f"step {step}"
        assert not replayed_differences(place.database), f"step {step}"
        assert count_events(anew.database) == count_events(place.database), "a full refresh finds nothing new"
    before = count_events(place.database)
    build(place, variables)
    assert decided_orders(place.database)[0] == 0, "what did not change is not decided anew"
    assert count_events(place.database) == before
    assert not differences(place.database, anew.database)


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


def start_build(place: Workspace, variables: Mapping[str, str | bool]) -> subprocess.Popen[bytes]:
    """A build in a process group of its own, dbt with it."""
    script = "import json, sys; from dlt_pipelines.build import build; from dlt_pipelines.config import workspace; "
    script += "build(workspace(), json.loads(sys.argv[1]))"
    return subprocess.Popen(
        [sys.executable, "-c", script, json.dumps(variables)],
        cwd=PROJECT_ROOT,
        env=os.environ | place.environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def wait_until_free(database: Path) -> None:
    """Until the killed dbt, whose parent is gone as well, has let go of the file."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            duckdb.connect(str(database)).close()
        except duckdb.IOException:
            time.sleep(0.05)
        else:
            return
    pytest.fail("the database was never let go")


@pytest.mark.long
def test_a_build_killed_again_and_again_ends_where_a_full_refresh_ends(
    new_place: Callable[[str], Workspace], is_long: bool
) -> None:
    """Killed at random points while things go on changing; then one clean build."""
    place = new_place("killed")
    anew = replace(place, database=place.home / "anew.duckdb")
    history, dice = History(place, 40, seed=7), random.Random(20261121)
    variables = history.step()
    load_files(place)
    build(place, variables)
    killed, clean_builds = 0, 2 if is_long else 1
    for _ in range(clean_builds):
        for _ in range((KILLS if is_long else SAMPLE_KILLS) // clean_builds):
            variables = history.step()
            load_files(place)
            process = start_build(place, variables)
            try:
                # a build needs a few seconds before it writes anything
                process.wait(timeout=dice.uniform(*KILLED_BETWEEN))
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                wait_until_free(place.database)
                killed += 1
        build(place, variables)
        shutil.copy(place.database, anew.database)
        build(anew, variables, full_refresh=True)
        assert not differences(place.database, anew.database)
        assert not replayed_differences(place.database)
        assert count_events(anew.database) == count_events(place.database)
    print(f"\n{killed} builds were killed while they ran")
    assert killed >= (KILLS if is_long else SAMPLE_KILLS) * 0.6, "the builds end before they can be killed"


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
