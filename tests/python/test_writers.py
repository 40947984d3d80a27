"""Readers and writers: one writer at a time, and a copy of the marts that can always be queried."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from dlt_pipelines.build import CREDIT, build
from dlt_pipelines.config import PROJECT_ROOT, Workspace
from dlt_pipelines.errors import DatabaseInUseError, MatchbackError
from dlt_pipelines.lock import writing
from dlt_pipelines.snapshot import is_due, snapshot
from tests.python import parsed
from tests.python.conftest import load_files
from tests.python.histories import History


@pytest.fixture(scope="module")
def built(new_place: Callable[[str], Workspace]) -> Workspace:
    place = new_place("writers")
    History(place, 5, seed=7).step()
    load_files(place)
    build(place, select=CREDIT)
    return place


def start(place: Workspace, *arguments: str, **settings: str) -> subprocess.Popen[str]:
    inherited = {name: value for name, value in os.environ.items() if "__" not in name}
    return subprocess.Popen(
        [sys.executable, "-c", parsed.MATCHBACK, *arguments],
        cwd=PROJECT_ROOT,
        env=inherited | place.environment() | settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def count_orders(path: Path) -> int:
    with duckdb.connect(str(path), read_only=True) as connection:
        [(orders,)] = connection.execute("select count(*) from marts.fct_order_attributions").fetchall()
    return int(orders)


def test_the_second_writer_is_told_who_is_first_and_since_when(built: Workspace) -> None:
    with writing(built, "run"):
        second = start(built, "snapshot")
        _, said = second.communicate(timeout=60)
    assert second.returncode == DatabaseInUseError.exit_code == 75
    assert f"is being written by `matchback run` (process {os.getpid()}, since 20" in said
    assert "Traceback" not in said
    third = start(built, "snapshot")
    _, said = third.communicate(timeout=60)
    assert third.returncode == 0, said


def test_a_killed_writer_leaves_no_lock_behind(built: Workspace) -> None:
    process = start(built, "run")
    time.sleep(1.5)
    process.kill()
    process.wait()
    deadline = time.monotonic() + 60
    # dbt, its child, holds the lock until it has ended as well
    while time.monotonic() < deadline:
        try:
            with writing(built, "test"):
                break
        except DatabaseInUseError:
            time.sleep(0.2)
    else:
        pytest.fail("the lock was never let go")


def check_copy(built: Workspace) -> int:
    """The copy holds every mart there is, and nothing unfinished is beside it; returns how many marts there are."""
    with duckdb.connect(str(built.database), read_only=True) as connection:
        marts = connection.execute(
            "select table_name from information_schema.tables where table_schema = 'marts' order by 1"
        ).fetchall()
    with duckdb.connect(str(built.reports), read_only=True) as connection:
        copied = connection.execute(
            "select table_name, table_type from information_schema.tables where table_schema = 'marts' order by 1"
        ).fetchall()
    assert copied == [("about_this_copy", "BASE TABLE"), *((name, "BASE TABLE") for (name,) in marts)]
    assert not [one for one in built.home.iterdir() if ".new" in one.name]
    return len(marts)


def test_the_copy_holds_every_mart_and_cannot_be_written(built: Workspace) -> None:
    snapshot(built)
    assert stat.S_IMODE(built.reports.stat().st_mode) == 0o444
    assert check_copy(built)


def test_nothing_is_copied_of_what_was_not_built_to_its_end(place: Workspace) -> None:
    with duckdb.connect(str(place.database)) as connection:
        connection.execute("create schema ops")
        connection.execute("create table ops.build_state (code_fingerprint varchar, completed_at timestamp)")
    with pytest.raises(MatchbackError, match="were not built to their end"):
        snapshot(place)
    assert not place.reports.exists()


def test_the_copy_is_due_again_after_the_time_set(built: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    assert is_due(built), "by default with each run"
    monkeypatch.setenv("RUN__SNAPSHOT_EVERY", "3600")
    assert not is_due(built)
    os.utime(built.reports, (time.time() - 3601,) * 2)
    assert is_due(built)


def test_analysts_can_query_all_the_time(built: Workspace) -> None:
    """While loads, builds and snapshots run, some of them killed, every query of the copy is answered in full."""
    snapshot(built)
    orders, answers, problems = count_orders(built.reports), [0], []
    done = threading.Event()

    def query() -> None:
        while not done.is_set():
            try:
                assert count_orders(built.reports) == orders
                answers[0] += 1
            except (duckdb.Error, AssertionError) as error:
                problems.append(error)

    analyst = threading.Thread(target=query)
    analyst.start()
    try:
        for wait in (0.8, 1.2, 1.6, 60):
            process = start(built, "snapshot")
            try:
                process.wait(timeout=wait)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                process.wait()
        last = start(built, "run")
        _, said = last.communicate(timeout=180)
        assert last.returncode == 0, said
    finally:
        done.set()
        analyst.join()
    assert not problems
    assert answers[0] > 20
    project = len(list((PROJECT_ROOT / "models" / "marts").rglob("*.sql")))
    assert check_copy(built) == project, "the run made all of them"
