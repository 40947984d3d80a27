"""Whatever a destination does, and whenever the process is killed, the end is the same, and no refund counts twice."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from itertools import count
from typing import Any

import duckdb
import pytest

from dlt_pipelines.config import PROJECT_ROOT, Workspace
from dlt_pipelines.destinations import command
from dlt_pipelines.sandbox import server
from dlt_pipelines.sandbox.faults import DESTINATION_FAULTS, Faults
from dlt_pipelines.sandbox.server import Destinations
from tests.python.conftest import make_workspace
from tests.python.publishing import (
    FIRST,
    NAMES,
    TOOLS,
    check_against_the_warehouse,
    copied,
    publish_all,
    query,
    small_world,
    state_of,
    use,
)

RUNS, SAMPLE_RUNS = 50, 2
# starting takes about a second; then it is over after one or two more
EARLIEST, LATEST = 0.9, 3.0
KILLS_PER_RUN, MOST_ROUNDS = 3, 60
SHARE = 0.15
# shorter than what a slow answer takes
TIMEOUT_SECONDS = "1"
DRIVER = """
import sys
from dlt_pipelines import http
from dlt_pipelines.config import workspace
from dlt_pipelines.destinations.account import Options
from dlt_pipelines.destinations.publishing import publish
http.pause = lambda seconds: None
for tool in ("odp", "omnisend"):
    publish(workspace(), tool, Options(is_sent=True, is_backfill=True, is_first_run=sys.argv[1] == "first"))
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return small_world(tmp_path_factory)


def run_and_kill(place: Workspace, is_first: bool, seconds: float) -> bool:
    """Publishes in a process that is killed after so long; whether it was still running."""
    process = subprocess.Popen(
        [sys.executable, "-c", DRIVER, "first" if is_first else "again"],
        cwd=PROJECT_ROOT,
        env=os.environ | place.environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return True
    return False


def misbehave(accounts: Destinations, dice: random.Random) -> set[str]:
    """Gives each account a random mix of faults; which there are."""
    chosen = set()
    for tool in TOOLS:
        kinds = [kind for kind in DESTINATION_FAULTS[tool] if dice.random() < 0.6]
        chosen |= set(kinds)
        for name, account in getattr(accounts, tool).items():
            # slow answers are waited for: few of them do
            rare = [kind for kind in kinds if kind != "slow_after_accept" or name == NAMES[-1]]
            account.faults = Faults(tool, dice.randrange(10**9), SHARE, rare)
    for account in accounts.odp.values():
        account.is_400_atomic = dice.random() < 0.5
    return chosen


def resolve_unknown(place: Workspace, accounts: Destinations) -> int:
    """Does what a person would: looks whether the events of a batch are there, and says so, of some orders if need be.

    A request has arrived in part where one of its events was refused and the process was killed before the answer.

    Returns:
        How many rows were unknown.
    """
    rows = query(
        place,
        """
        select ledger.account, ledger.batch_id, events.order_id, events.action, epoch(events.occurred_at)::bigint
        from ops.publish_ledger as ledger
        inner join exports.sync_odp__order_events as events using (sync_key)
        where ledger.status = 'unknown'
        """,
    )
    arrived: dict[tuple[str, str], dict[bool, list[str]]] = {}
    for name, batch_id, order_id, action, at in rows:
        is_there = (order_id, action, at) in accounts.odp[name].events
        arrived.setdefault((name, batch_id), {}).setdefault(is_there, []).append(order_id)
    for (name, batch_id), found in arrived.items():
        if len(found) == 2:
            assert len(found[False]) == 1, "all but the one that was refused"
        for is_there, order_ids in found.items():
            command.resolve(place, "odp", [name], is_there, batch_id, order_ids if len(found) == 2 else None)
    assert not query(place, "select 1 from ops.publish_ledger where status = 'unknown' and destination <> 'odp'")
    return len(rows)


@pytest.mark.long
def test_faults_and_kills_leave_no_trace(
    built: Workspace, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, is_long: bool
) -> None:
    monkeypatch.setattr("dlt_pipelines.http.pause", lambda _seconds: None)
    undisturbed = copied(built, make_workspace(tmp_path_factory.mktemp("undisturbed")))
    calm = server.destinations_of(NAMES)
    with server.running([], [], calm) as base_url:
        use(monkeypatch, base_url)
        assert not [error for report in publish_all(undisturbed, FIRST) for error in report.errors]
    expected = state_of(calm)
    check_against_the_warehouse(undisturbed, calm)
    dice = random.Random(20261126)
    kills = unknown = 0
    met: set[str] = set()
    for number in range(RUNS if is_long else SAMPLE_RUNS):
        place = copied(built, make_workspace(tmp_path_factory.mktemp("disturbed")))
        accounts = server.destinations_of(NAMES)
        with server.running([], [], accounts) as base_url:
            use(monkeypatch, base_url, max_attempts="1000", max_reject_share="1", timeout_seconds=TIMEOUT_SECONDS)
            met |= misbehave(accounts, dice)
            monkeypatch.setenv("DESTINATION__ODP__BATCH_SIZE", str(dice.choice((7, 40, 100))))
            monkeypatch.setenv("DESTINATION__OMNISEND__API_VERSION", dice.choice(("v5", "2026-03-15")))
            for killing in range(KILLS_PER_RUN):
                kills += run_and_kill(place, killing == 0, dice.uniform(EARLIEST, LATEST))
            unknown += settle(place, accounts)
        assert all(times == 1 for one in accounts.odp.values() for times in one.events.values()), f"run {number}"
        assert not differing(state_of(accounts), expected), f"run {number}"
        check_against_the_warehouse(place, accounts)
    print(f"\n{kills} processes were killed, {unknown} rows were unknown, faults: {', '.join(sorted(met))}")
    assert not is_long or met == {kind for kinds in DESTINATION_FAULTS.values() for kind in kinds}


def differing(found: dict[str, Any], expected: dict[str, Any]) -> list[tuple[Any, ...]]:
    """What the stand-ins hold otherwise than expected: tool, organization, which of their stores, and keys."""
    return [
        (tool, name, store, sorted(key for key in here.keys() | there.keys() if here.get(key) != there.get(key))[:3])
        for tool, accounts in expected.items()
        for name, stores in accounts.items()
        for store, (here, there) in enumerate(zip(found[tool][name], stores, strict=True))
        if here != there
    ]


def settle(place: Workspace, accounts: Destinations) -> int:
    """Publishes, and has a person resolve what is unknown, until nothing is left to do; how many rows were unknown."""
    unknown = 0
    for round_number in count():
        reports = publish_all(place, FIRST)
        unknown += resolve_unknown(place, accounts)
        left = sum(
            decisions.get(what, 0)
            for report in reports
            for decisions in report.decisions
            for what in ("send", "waiting", "parked")
        )
        # who was stopped by an error did not even look at the rest
        if not left and not any(report.errors for report in reports):
            return unknown
        assert round_number < MOST_ROUNDS, [error for report in reports for error in report.errors]
    raise AssertionError


def test_a_slow_answer_and_a_lost_one_are_told_from_a_refusal(
    built: Workspace, place: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A time-out after the events were taken: parked for ODP, sent again to Omnisend, which knows them."""
    monkeypatch.setattr("dlt_pipelines.http.pause", lambda _seconds: None)
    world = copied(built, place)
    accounts = server.destinations_of(NAMES)
    for tool in TOOLS:
        faults = Faults(tool, 1, 0.4, ["slow_after_accept"])
        getattr(accounts, tool)["tamarind"].faults = faults
    with server.running([], [], accounts) as base_url:
        use(monkeypatch, base_url, timeout_seconds="0.5")
        odp, omnisend = publish_all(world, FIRST)
    assert [error.split(":")[0] for error in odp.errors] == ["odp of organization tamarind"]
    assert not omnisend.errors
    with duckdb.connect(str(world.database), read_only=True) as connection:
        statuses = connection.execute(
            """
            select destination, entity, status, count(*) from ops.publish_ledger
            where account = 'tamarind' and entity = 'order_events' and error_code is distinct from 'other_currency'
            group by all order by all
            """
        ).fetchall()
    found = {(tool, status): rows for tool, _, status, rows in statuses}
    assert found["odp", "unknown"] > 0
    assert set(found) <= {("odp", "unknown"), ("odp", "accepted"), ("omnisend", "confirmed")}
    assert len(accounts.omnisend["tamarind"].events) == found["omnisend", "confirmed"], "each is there once"
