"""`matchback as-of`: all marts as they would have been told on a past day, from what had been loaded by then.

Raw rows are written once, with the time they were first seen. So the past is a build over the rows of that time, in a
database of its own; the workspace's is only read. Configuration seeds are those of today: they have no history.
"""

from __future__ import annotations

import dataclasses
import shutil
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from dlt_pipelines import console
from dlt_pipelines.build import build
from dlt_pipelines.config import Workspace
from dlt_pipelines.database import opened
from dlt_pipelines.errors import MatchbackError
from dlt_pipelines.lock import writing
from dlt_pipelines.snapshot import snapshot

RAW_TABLES = """
    select table_schema, table_name, 'loaded_at'
    from information_schema.columns
    where table_schema like 'raw\\_%' escape '\\'
        and table_schema not like '%\\_staging' escape '\\'
        and column_name = 'loaded_at'
    order by 1, 2
"""
# what else a build reads: which arms had been drawn, and how sources are read
OPS_TABLES = (
    ("ops", "assignments", "assigned_at"),
    ("ops", "global_holdouts", "drawn_at"),
    ("ops", "source_settings", None),
)


def rebuild(workspace: Workspace, told_at: datetime) -> Path:
    """Builds the marts as of a time, into a file of their own. Run again, it makes the same file anew.

    Args:
        workspace: Whose raw tables, which are only read.
        told_at: Rows that were first seen later are left out; windows are open or closed as they were then.

    Returns:
        The file: the marts alone, read-only, as in `reports.duckdb`.

    Raises:
        MatchbackError: Nothing had been loaded by then, the database is being written, or the build failed.
    """
    instant = told_at.astimezone(UTC).replace(tzinfo=None)
    folder = workspace.home / "as_of"
    scratch = folder / "building"
    past = dataclasses.replace(
        workspace,
        home=scratch,
        # beside the scratch folder, so that its lock outlives that
        database=folder / "building.duckdb",
        reports=folder / f"{instant:%Y%m%dT%H%M%SZ}.duckdb",
    )
    with writing(past, "as-of"):
        # what a killed one left holds e-mails and addresses
        _clear(past)
        past.create()
        try:
            rows = _copy(workspace, past.database, instant)
            if not rows:
                raise MatchbackError(f"Nothing had been loaded by {instant:%Y-%m-%d %H:%M:%S} UTC.")
            console.line(f"{rows:,} raw rows had been loaded by {instant:%Y-%m-%d %H:%M:%S} UTC.")
            build(past, {"as_of": instant.isoformat(sep=" ")})
            snapshot(past)
        finally:
            _clear(past)
    return past.reports


def _clear(past: Workspace) -> None:
    shutil.rmtree(past.home, ignore_errors=True)
    for path in (past.database, past.database.with_name(f"{past.database.name}.wal")):
        path.unlink(missing_ok=True)
    shutil.rmtree(past.database.with_name(f"{past.database.name}.tmp"), ignore_errors=True)


def _copy(workspace: Workspace, database: Path, instant: datetime) -> int:
    """Copies what was there at that time; returns how many raw rows that were."""
    with opened(workspace) as source:
        tables = [*source.execute(RAW_TABLES).fetchall(), *OPS_TABLES]
    quoted = str(workspace.database).replace("'", "''")
    copied = 0
    with duckdb.connect(str(database)) as connection:
        connection.execute(f"attach '{quoted}' as present (read_only)")
        for schema, table, column in tables:
            condition = f'where "{column}" <= ?' if column else ""
            connection.execute(f'create schema if not exists "{schema}"')
            connection.execute(
                f'create table "{schema}"."{table}" as select * from present."{schema}"."{table}" {condition}',
                [instant] if column else [],
            )
            if schema != "ops":
                [(rows,)] = connection.execute(f'select count(*) from "{schema}"."{table}"').fetchall()
                copied += rows
    return copied
