"""Killed at any moment of a load and run again, the database holds what an undisturbed load would have landed."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from dlt_pipelines.config import PROJECT_ROOT, Workspace
from dlt_pipelines.sandbox import server
from dlt_pipelines.sandbox.files import write_configuration, write_inbox
from dlt_pipelines.sandbox.shop import Clock
from dlt_pipelines.sandbox.world import build_world

KILLS, SAMPLE = 50, 5
# the process needs about a second before it writes anything, and three to end
EARLIEST, LATEST = 0.8, 3.0


def start_load(place: Workspace, settings: dict[str, str]) -> subprocess.Popen[bytes]:
    inherited = {name: value for name, value in os.environ.items() if "__" not in name}
    return subprocess.Popen(
        [sys.executable, "-c", "from dlt_pipelines.cli import main; main()", "load"],
        cwd=PROJECT_ROOT,
        env=inherited | place.environment() | settings,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def landed(database: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every raw row, less when and as which reading of its file it was landed."""
    with duckdb.connect(str(database), read_only=True) as connection:
        tables = connection.execute(
            """
            select table_schema || '.' || table_name
            from information_schema.tables
            where table_schema like 'raw\\_%' escape '\\' and table_name not like '\\_dlt%' escape '\\'
            order by all
            """
        ).fetchall()
        passing = "('loaded_at', 'file_read', '_dlt_load_id', '_dlt_id')"
        return {
            name: connection.execute(
                f"select columns(lambda name: name not in {passing}) from {name} order by all"
            ).fetchall()
            for (name,) in tables
        }


@pytest.mark.long
def test_a_load_killed_again_and_again_ends_as_if_it_never_was(
    new_place: Callable[[str], Workspace], is_long: bool
) -> None:
    world = build_world(9, 0.1)
    undisturbed, killed = new_place("undisturbed"), new_place("killed")
    for place in (undisturbed, killed):
        write_configuration(place.config, world)
        write_inbox(place.inbox, world)
    # the files' own times are part of what is landed
    for path in undisturbed.inbox.rglob("*.*"):
        os.utime(path, (1_800_000_000, 1_800_000_000))
        os.utime(killed.inbox / path.relative_to(undisturbed.inbox), (1_800_000_000, 1_800_000_000))
    dice = random.Random(20261121)
    # the shops' time stands still, past all that happens in them: nothing comes to be seen between two loads
    clock = Clock()
    clock.fixed = datetime(2026, 12, 1, tzinfo=UTC)
    with server.running(world, server.shops_of(world, clock)) as base_url:
        settings = server.settings(world, base_url)
        assert start_load(undisturbed, settings).wait(timeout=120) == 0
        interrupted = 0
        while interrupted < (KILLS if is_long else SAMPLE):
            process = start_load(killed, settings)
            try:
                process.wait(timeout=dice.uniform(EARLIEST, LATEST))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                interrupted += 1
        last = start_load(killed, settings)
        _, errors = last.communicate(timeout=120)
        assert last.returncode == 0, errors.decode()
    print(f"\n{interrupted} loads were killed while they ran")
    ours, theirs = landed(killed.database), landed(undisturbed.database)
    assert ours.keys() == theirs.keys()
    differing = {
        name: {
            "only after kills": list((Counter(ours[name]) - Counter(theirs[name])).elements())[:3],
            "only undisturbed": list((Counter(theirs[name]) - Counter(ours[name])).elements())[:3],
        }
        for name in ours
        if ours[name] != theirs[name]
    }
    assert not differing
