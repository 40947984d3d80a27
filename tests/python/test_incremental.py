"""A build that looks only at what changed ends where one that makes everything anew ends, row for row."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import duckdb
import pytest

from dlt_pipelines.build import CREDIT, build
from dlt_pipelines.config import PROJECT_ROOT, Workspace
from tests.python import parsed
from tests.python.conftest import compile_analysis, load_files, run_dbt
from tests.python.histories import History

STEPS, SAMPLE_STEPS = 24, 2
ORGANIZATIONS, SAMPLE_ORGANIZATIONS = 300, 100
KILLS, SAMPLE_KILLS = 50, 2
# shares of what a build takes: it needs a few seconds before it writes anything
KILLED_BETWEEN = (0.2, 0.95)
EVENTS = "fct_attribution_events"
# in the sample: all but lift, of which nothing lives on from build to build; its last step has lift too
WITHOUT_LIFT = f"{CREDIT} int_recipients__waiting +marts.attribution +marts.reports"
# what the marts are made from, and lives on from build to build
STORED = (
    *("int_orders__unioned", "int_order_identifiers", "int_recipients__latest", "int_recipients__as_assigned"),
    *("int_recipient_identifiers", "int_recipients__waiting", "int_addresses", "int_order_exclusions"),
    *("int_order_excluded_parties", "int_email_matches", "int_address_matches", "int_match_candidates__ranked"),
    *("int_order_lines", "int_order_refunds", "int_order_states__observed"),
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
    ticked, anew = place.home / "ticked.duckdb", place.home / "anew.duckdb"
    history = History(place, ORGANIZATIONS if is_long else SAMPLE_ORGANIZATIONS, seed=20261121)
    steps = STEPS if is_long else SAMPLE_STEPS
    for step in range(1, steps + 1):
        variables = history.step()
        load_files(place)
        select = None if is_long or step == steps else WITHOUT_LIFT
        build(place, variables, select)
        decided, orders = decided_orders(place.database)
        events = count_events(place.database)
        print(f"\nstep {step}: {decided:,} of {orders:,} orders decided anew, {events:,} events")
        assert not replayed_differences(place.database), f"step {step}"
        # the first build has nothing to be a tick of
        if step == 1 and not is_long:
            continue
        shutil.copy(place.database, ticked)
        make_anew(place, variables, select)
        assert not differences(ticked, place.database), f"step {step}"
        assert count_events(place.database) == events, "a full refresh finds nothing new"
        shutil.move(place.database, anew)
        shutil.copy(ticked, place.database)
    build(place, variables, None if is_long else WITHOUT_LIFT)
    assert decided_orders(place.database)[0] == 0, "what did not change is not decided anew"
    assert count_events(place.database) == events
    assert not differences(place.database, ticked)
    sql = compile_analysis(place, "timing_rule_sensitivity")
    told = queried(anew, place.database.stem, sql)
    assert queried(place.database, place.database.stem, sql) == told, "an analysis says the same after a tick"
    assert any(row["orders"] != row["other_rule_orders"] for row in told), "the history is too tame"


def make_anew(place: Workspace, variables: Mapping[str, str | bool], select: str | None = None) -> None:
    """A full refresh; the build before it has judged the data with its tests."""
    selection = ("--select", *select.split()) if select else ()
    run_dbt(place, "run", "--full-refresh", "--vars", json.dumps(variables), *selection)


def queried(database: Path, name: str, sql: str) -> list[dict[str, object]]:
    """The rows of a query that knows the database by a name."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{database}' as {name} (read_only)")
        found = connection.execute(sql)
        names = [column for column, *_ in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def start_build(place: Workspace, variables: Mapping[str, str | bool], select: str | None) -> subprocess.Popen[bytes]:
    """A build in a process group of its own, dbt with it."""
    script = (
        "import json, sys; from dlt_pipelines import build; from dlt_pipelines.config import workspace; "
        f"build.DBT = {parsed.DBT!r}; build.build(workspace(), json.loads(sys.argv[1]), json.loads(sys.argv[2]))"
    )
    return subprocess.Popen(
        [sys.executable, "-c", script, json.dumps(variables), json.dumps(select)],
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
    mended = place.home / "mended.duckdb"
    history, dice = History(place, 40, seed=7), random.Random(20261121)
    variables = history.step()
    load_files(place)
    select = None if is_long else WITHOUT_LIFT
    started = time.monotonic()
    build(place, variables, select)
    takes = time.monotonic() - started
    killed, clean_builds = 0, 2 if is_long else 1
    for clean_build in range(1, clean_builds + 1):
        while killed < (KILLS if is_long else SAMPLE_KILLS) * clean_build // clean_builds:
            variables = history.step()
            load_files(place)
            process = start_build(place, variables, select)
            try:
                process.wait(timeout=takes * dice.uniform(*KILLED_BETWEEN))
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                wait_until_free(place.database)
                killed += 1
        build(place, variables, select)
        assert not replayed_differences(place.database)
        shutil.copy(place.database, mended)
        make_anew(place, variables, select)
        assert not differences(mended, place.database)
        assert count_events(mended) == count_events(place.database)
        shutil.copy(mended, place.database)
    print(f"\n{killed} builds were killed while they ran")
