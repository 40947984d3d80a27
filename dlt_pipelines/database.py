"""Reading what dbt built."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import duckdb

from dlt_pipelines.config import Workspace
from dlt_pipelines.errors import MatchbackError


@contextlib.contextmanager
def opened(workspace: Workspace, read_only: bool = True) -> Iterator[duckdb.DuckDBPyConnection]:
    """The workspace's database, in UTC, closed at the end.

    Raises:
        MatchbackError: It is not there, somebody else is writing it, or it was not built yet.
    """
    if not workspace.database.exists():
        raise MatchbackError(f"{workspace.database} is not there yet. Run `matchback run` first.")
    try:
        connection = duckdb.connect(str(workspace.database), read_only=read_only)
    except duckdb.IOException as error:
        raise MatchbackError(
            f"{workspace.database} is being written by another process; DuckDB lets only one in. Try again when it "
            "is done."
        ) from error
    with connection:
        connection.execute("set TimeZone = 'UTC'")
        try:
            yield connection
        except duckdb.CatalogException as error:
            raise MatchbackError(
                f"{workspace.database} does not hold the models yet. Run `matchback run`, or `dbt build`, first."
            ) from error
