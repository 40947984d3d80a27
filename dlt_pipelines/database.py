"""Reading the workspace's database."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb

from dlt_pipelines.config import Workspace
from dlt_pipelines.errors import DatabaseInUseError, MatchbackError


@contextlib.contextmanager
def opened(workspace: Workspace, read_only: bool = True) -> Iterator[duckdb.DuckDBPyConnection]:
    """The workspace's database as dbt built it, in UTC, closed at the end.

    Raises:
        MatchbackError: It is not there, another process is writing it, or it was not built yet.
    """
    if not workspace.database.exists():
        raise MatchbackError(f"{workspace.database} is not there yet. Run `matchback run` first.")
    with _connect(workspace.database, read_only) as connection:
        connection.execute("set TimeZone = 'UTC'")
        try:
            yield connection
        except duckdb.CatalogException as error:
            raise MatchbackError(
                f"{workspace.database} does not hold the models yet. Run `matchback run`, or `dbt build`, first."
            ) from error


@contextlib.contextmanager
def opened_marts(workspace: Workspace) -> Iterator[duckdb.DuckDBPyConnection]:
    """The workspace's database to read its marts; while another process writes it, the copy of them, if there is one.

    Raises:
        MatchbackError: It is not there or was not built yet; or it is being written, and no copy was ever made.
    """
    with contextlib.ExitStack() as stack:
        try:
            connection = stack.enter_context(opened(workspace))
        except DatabaseInUseError:
            if not workspace.reports.exists():
                raise
            connection = stack.enter_context(_connect(workspace.reports, read_only=True))
        yield connection


@contextlib.contextmanager
def opened_for_writing(workspace: Workspace) -> Iterator[duckdb.DuckDBPyConnection]:
    """The workspace's database, made if it is not there, in UTC, closed at the end.

    Raises:
        MatchbackError: Another process is using it.
    """
    with _connect(workspace.database, read_only=False) as connection:
        connection.execute("set TimeZone = 'UTC'")
        yield connection


def landed_rows(database: Path, sql: str, parameters: list[Any] | None = None) -> list[tuple[Any, ...]]:
    """Rows of a query over raw tables; none where the database or a table does not exist yet.

    Raises:
        MatchbackError: Another process is writing the database.
    """
    if not database.exists():
        return []
    with _connect(database, read_only=True) as connection:
        try:
            return connection.execute(sql, parameters or []).fetchall()
        except duckdb.CatalogException:
            return []


def _connect(database: Path, read_only: bool) -> duckdb.DuckDBPyConnection:
    try:
        return duckdb.connect(str(database), read_only=read_only)
    except duckdb.IOException as error:
        # DuckDB names the process; its text is about the file and holds no rows
        process = re.search(r"held in .*?\(PID \d+\)", str(error))
        by = f" ({process[0].removeprefix('held in ')})" if process else ""
        raise DatabaseInUseError(
            f"{database} is in use by another process{by}, and DuckDB lets only one in while it writes. Try again when "
            "that process is done; meanwhile the copy of the marts (`matchback snapshot`) can be queried."
        ) from error
