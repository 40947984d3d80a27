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

from dlt_pipelines import children
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


# a build with dbt as it is, by a process that holds the lock
BUILD = """
from dlt_pipelines import build, config, lock
place = config.workspace()
with lock.writing(place, "run"):
    build.build(place)
"""


def child_of(process: subprocess.Popen[str]) -> int:
    """The first child that a process starts."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        if found := children.read_text(encoding="utf-8").split():
            return int(found[0])
        time.sleep(0.02)
    pytest.fail("no child was started")


def is_there(process_id: int) -> bool:
    """Whether a process has not ended; what nobody has waited for has."""
    try:
        state = Path(f"/proc/{process_id}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"


@pytest.mark.skipif(sys.platform != "linux", reason="looks for the child in /proc")
@pytest.mark.parametrize("seconds", [0.0, 0.5, 4.0], ids=["while dbt starts", "a moment later", "while dbt works"])
def test_a_killed_writer_takes_dbt_with_it_and_leaves_no_lock(built: Workspace, seconds: float) -> None:
    environment = os.environ | built.environment()
    process = subprocess.Popen([sys.executable, "-c", BUILD], cwd=PROJECT_ROOT, env=environment, text=True)
    dbt = child_of(process)
    time.sleep(seconds)
    assert is_there(dbt)
    process.kill()
    process.wait()
    killed_at = time.monotonic()
    while is_there(dbt) or is_locked(built):
        assert time.monotonic() - killed_at < 3
        time.sleep(0.02)


def is_locked(place: Workspace) -> bool:
    try:
        with writing(place, "test"):
            return False
    except DatabaseInUseError:
        return True


def test_where_the_system_does_not_see_to_it_a_closed_pipe_ends_a_child() -> None:
    code = "from dlt_pipelines.children import end_when_closed; print('ready', flush=True); end_when_closed(0)"
    with children.start(code, [], os.environ) as child:
        assert child.stdout is not None
        assert child.stdin is not None
        assert child.stdout.readline() == "ready\n"
        assert child.poll() is None
        child.stdin.close()
        assert child.wait(timeout=5) == -signal.SIGKILL


def test_what_a_pool_spawned_ends_with_its_spawner(tmp_path: Path) -> None:
    (tmp_path / "spawner.py").write_text(SPAWNER, encoding="utf-8")
    command = [sys.executable, str(tmp_path / "spawner.py")]
    environment = os.environ | {"PYTHONPATH": str(PROJECT_ROOT)}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as spawner:
        assert spawner.stdout is not None
        spawned = int(spawner.stdout.readline())
        assert is_there(spawned)
        spawner.kill()
        killed_at = time.monotonic()
        while is_there(spawned):
            assert time.monotonic() - killed_at < 3
            time.sleep(0.02)


SPAWNER = """
import multiprocessing, os, time
from concurrent.futures import ProcessPoolExecutor
from dlt_pipelines.children import end_with_spawner

def work():
    print(os.getpid(), flush=True)
    time.sleep(60)

if __name__ == "__main__":
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context, initializer=end_with_spawner) as pool:
        pool.submit(work).result()
"""


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
