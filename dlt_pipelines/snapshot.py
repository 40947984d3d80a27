"""The reporting copy: the marts in a file of their own, which analysts query while the database is being written."""

from __future__ import annotations

import glob
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from dlt_pipelines import console
from dlt_pipelines.config import Workspace, general_setting, parse_number
from dlt_pipelines.database import opened
from dlt_pipelines.errors import MatchbackError

MARTS = "select table_name from information_schema.tables where table_schema = 'marts' order by table_name"


def snapshot(workspace: Workspace) -> None:
    """Writes the marts to the reporting copy. Whoever reads the copy before it goes on reading what he opened.

    The new copy is complete on disk before it takes the old one's name, so a kill at any moment leaves one of the two.

    Raises:
        MatchbackError: The marts were never built to the end, or another process is writing the database.
    """
    _remove_unfinished(workspace)
    copy = workspace.reports.with_name(f"{workspace.reports.name}.{os.getpid()}.new")
    with console.Activity("Copying the marts"):
        with opened(workspace) as connection:
            built_at = _built_at(connection, workspace)
            marts = [name for (name,) in connection.execute(MARTS).fetchall()]
        try:
            _copy_marts(workspace, marts, built_at, copy)
            copy.chmod(0o444)
            _flush(copy)
            copy.replace(workspace.reports)
        except BaseException:
            _remove_unfinished(workspace)
            raise
        _flush(workspace.reports.parent)
    console.line(f"Query the copy of the marts in {workspace.reports}")


def is_due(workspace: Workspace, now: datetime | None = None) -> bool:
    """Whether the copy is as old as `snapshot_every` (`[run]`, in seconds) allows; with 0, the default, always."""
    setting = "RUN__SNAPSHOT_EVERY"
    seconds = parse_number(general_setting("run", "snapshot_every", "0"), f"the setting {setting}")
    if not workspace.reports.exists():
        return True
    taken_at = datetime.fromtimestamp(workspace.reports.stat().st_mtime, UTC)
    return (now or datetime.now(UTC)) - taken_at >= timedelta(seconds=seconds)


def _built_at(connection: duckdb.DuckDBPyConnection, workspace: Workspace) -> datetime:
    [(built_at,)] = connection.execute("select max(completed_at) from ops.build_state").fetchall()
    if not isinstance(built_at, datetime):
        raise MatchbackError(
            f"The models in {workspace.database} were not built to their end, so there is nothing to copy. Run "
            "`matchback run`, or `dbt build`, first."
        )
    return built_at


def _copy_marts(workspace: Workspace, marts: list[str], built_at: datetime, copy: Path) -> None:
    quoted = str(workspace.database).replace("'", "''")
    with duckdb.connect(str(copy)) as connection:
        connection.execute(f"attach '{quoted}' as built (read_only)")
        connection.execute("create schema marts")
        for name in marts:
            connection.execute(f"create table marts.{name} as from built.marts.{name}")
        connection.execute(
            "create table marts.about_this_copy as select ? as built_at, ? as taken_at",
            [built_at, datetime.now(UTC).replace(tzinfo=None)],
        )


def _remove_unfinished(workspace: Workspace) -> None:
    """Removes what is left of copies that were never completed."""
    for left_behind in workspace.reports.parent.glob(f"{glob.escape(workspace.reports.name)}.*.new*"):
        left_behind.unlink()


def _flush(path: Path) -> None:
    """To disk, so that a power cut cannot leave the name without the rows."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
