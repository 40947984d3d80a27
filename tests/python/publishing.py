"""A small world of all providers, built once, and what the stand-ins must hold when all of it is published."""

from __future__ import annotations

import fcntl
import os
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import duckdb
import pytest

from dlt_pipelines.build import build
from dlt_pipelines.config import Workspace
from dlt_pipelines.destinations.account import Options, PublishReport
from dlt_pipelines.destinations.publishing import publish
from dlt_pipelines.load import load
from dlt_pipelines.sandbox import server
from dlt_pipelines.sandbox.files import write_configuration, write_inbox
from dlt_pipelines.sandbox.server import Destinations
from dlt_pipelines.sandbox.shop import Clock
from dlt_pipelines.sandbox.world import END, ORGANIZATIONS, build_world
from tests.python.conftest import make_workspace

SCALE = 0.01
TOOLS = ("odp", "omnisend")
NAMES = tuple(plan.organization_id for plan in ORGANIZATIONS)
EXPORTS = "+path:models/exports fct_publish_results fct_publish_rejects"
ALL = Options(is_sent=True, is_backfill=True)
FIRST = replace(ALL, is_first_run=True)


def small_world(factory: pytest.TempPathFactory) -> Workspace:
    """The workspace of a built world; the first process of a session that asks builds it while the others wait."""
    base = factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    place = Workspace.at(shared / "small_world")
    with (shared / "small_world.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        built = place.home / "built"
        if not built.exists():
            with pytest.MonkeyPatch.context() as patch:
                _build(place, patch)
            built.touch()
    return place


def _build(place: Workspace, patch: pytest.MonkeyPatch) -> None:
    """Loads a world whose organizations all publish everywhere, and builds its sync models."""
    make_workspace(place.home)
    plans = [replace(plan, publish_to=TOOLS) for plan in ORGANIZATIONS]
    world = build_world(7, SCALE, plans)
    write_configuration(place.config, world)
    write_inbox(place.inbox, world)
    clock = Clock()
    clock.fixed = datetime(2026, 12, 1, tzinfo=UTC)
    with server.running(world, server.shops_of(world, clock)) as base_url:
        for name, value in server.settings(world, base_url).items():
            patch.setenv(name, value)
        report = load(place)
    assert not report.errors, report.errors
    build(place, {"as_of": END.strftime("%Y-%m-%d %H:%M:%S")}, EXPORTS)


def copied(built: Workspace, target: Workspace) -> Workspace:
    """The built world in a workspace of a test's own."""
    shutil.copytree(built.config, target.config, dirs_exist_ok=True)
    shutil.copytree(built.inbox, target.inbox, dirs_exist_ok=True)
    shutil.copy2(built.database, target.database)
    return target


def query(place: Workspace, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(place.database), read_only=True) as connection:
        return connection.execute(sql, list(parameters)).fetchall()


def publish_all(place: Workspace, options: Options = ALL, tools: tuple[str, ...] = TOOLS) -> list[PublishReport]:
    """Publishes to each tool."""
    return [publish(place, tool, options) for tool in tools]


def use(patch: pytest.MonkeyPatch, base_url: str, **settings: str) -> None:
    """Points matchback at served destinations, with settings for all of them."""
    for name, value in server.destination_settings(NAMES, base_url).items():
        patch.setenv(name, value)
    for name, value in settings.items():
        for tool in TOOLS:
            patch.setenv(f"DESTINATION__{tool.upper()}__{name.upper()}", value)


def state_of(accounts: Destinations) -> dict[str, Any]:
    """Everything that the stand-ins hold."""
    return {
        "odp": {name: (one.orders, one.profiles, one.products, one.events) for name, one in accounts.odp.items()},
        "omnisend": {name: (one.events, one.contacts, one.products) for name, one in accounts.omnisend.items()},
    }


def check_against_the_warehouse(place: Workspace, accounts: Destinations) -> int:
    """Compares orders, revenue, refunds and people with what the models say of orders, to the cent.

    Returns:
        How many orders there are.
    """
    rows = query(
        place,
        """
        select
            organization_id, order_id, email, phone_number, currency = organization_currency, total_amount, net_amount,
            coalesce(refunded_amount, case when status = 'refunded' then total_amount end, 0), is_cancelled
        from intermediate.int_orders__published
        """,
    )
    events = {name: one.orders() for name, one in accounts.omnisend.items()}
    people: dict[str, set[str]] = {name: set() for name in NAMES}
    for name, order_id, email, phone, is_own_currency, total, net, refunded, is_cancelled in rows:
        at_odp = accounts.odp[name].orders.get(order_id)
        if is_own_currency:
            assert at_odp is not None
            found = (at_odp.purchases, at_odp.total, at_odp.refunded)
            assert found == (1, net, refunded), (name, order_id)
        else:
            assert at_odp is None, "ODP knows one currency"
        if email or phone:
            at_omnisend = events[name][order_id]
            told = (at_omnisend.total, at_omnisend.refunded, at_omnisend.is_cancelled)
            assert told == (total, refunded, is_cancelled), (name, order_id)
            people[name].add(email or phone)
    for name, expected in people.items():
        assert {identifier for _, identifier in accounts.omnisend[name].contacts} == expected
    return len(rows)
