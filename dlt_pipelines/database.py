"""Reading the workspace's database."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb

from dlt_pipelines.config import Workspace
from dlt_pipelines.errors import DamagedFileError, DatabaseInUseError, MatchbackError
from dlt_pipelines.storage import NO_DATABASE, understood

# a checksum of 8 bytes, then what every DuckDB file has
MAGIC, HEADER_BYTES = b"DUCK", 12


@contextlib.contextmanager
def opened(workspace: Workspace, read_only: bool = True) -> Iterator[duckdb.DuckDBPyConnection]:
    """The workspace's database as dbt built it, in UTC, closed at the end.

    Raises:
        MatchbackError: It is not there, is no database, another process is writing it, or it was not built yet.
    """
    if not workspace.database.exists():
        raise MatchbackError(f"{workspace.database} is not there yet. Run `matchback run` first.")
    with _connected(workspace.database, read_only) as connection:
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
            connection = stack.enter_context(_connected(workspace.reports, read_only=True))
        yield connection


@contextlib.contextmanager
def opened_for_writing(workspace: Workspace) -> Iterator[duckdb.DuckDBPyConnection]:
    """The workspace's database, made if it is not there, in UTC, closed at the end.

    Raises:
        MatchbackError: It is no database, another process is using it, or the disk refuses.
    """
    with _connected(workspace.database, read_only=False) as connection:
        connection.execute("set TimeZone = 'UTC'")
        yield connection


def landed_rows(database: Path, sql: str, parameters: list[Any] | None = None) -> list[tuple[Any, ...]]:
    """Rows of a query over raw tables; none where the database or a table does not exist yet.

    Raises:
        MatchbackError: Another process is writing the database.
    """
    if not database.exists():
        return []
    with _connected(database, read_only=True) as connection:
        try:
            return connection.execute(sql, parameters or []).fetchall()
        except duckdb.CatalogException:
            return []


@contextlib.contextmanager
def _connected(database: Path, read_only: bool) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection, closed at the end.

    Raises:
        MatchbackError: The file is no database, is in use, or the disk refuses; also while the connection is used.
    """
    try:
        with _connect(database, read_only) as connection:
            yield connection
    except (duckdb.Error, OSError) as error:
        if known := understood(error, database):
            raise known from error
        raise


def _connect(database: Path, read_only: bool) -> duckdb.DuckDBPyConnection:
    is_new = not database.exists()
    if not is_new:
        _check_header(database)
    try:
        return duckdb.connect(str(database), read_only=read_only)
    except duckdb.Error:
        # nothing is left of a database that could not be begun
        if is_new and database.is_file() and not database.stat().st_size:
            database.unlink()
        raise


def _check_header(database: Path) -> None:
    """Refuses what is no DuckDB file before DuckDB looks, in the network, for an extension that reads it."""
    with database.open("rb") as file:
        header = file.read(HEADER_BYTES)
    if not header.endswith(MAGIC):
        raise DamagedFileError(f"{database} {NO_DATABASE}.")
