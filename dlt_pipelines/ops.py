"""The `ops` tables: what matchback itself did and how far it got. Their columns are declared once, for dbt, in YAML."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, fields
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import duckdb
import yaml

from dlt_pipelines.config import PROJECT_ROOT
from dlt_pipelines.sources.reading import StreamState

SOURCES_FILE = PROJECT_ROOT / "models" / "staging" / "ops" / "_ops__sources.yml"
INTERRUPTED = "The load was cut off before it ended; what it had landed stays, and the next one went on from there."
# where no campaign says anything else: the default window of a campaign
DEFAULT_WINDOW = timedelta(days=90)


@dataclass
class LoadRecord:
    """A row of `ops.loads`: one organization and source in one run. Times are aware; durations are seconds.

    Attributes:
        run_id: Of the load, the same for all its rows.
        organization_id: Whose; `*` for the inbox, which is everybody's.
        source: From where.
        started_at: Start of the load.
        finished_at: None while it runs.
        slice_from: Lower end of what was read.
        slice_to: Upper end.
        rows_read: Rows within the slice.
        rows_new: Versions that were new.
        retries: Requests repeated.
        duration_seconds: Of this organization alone.
        throttled_seconds: Waited because of the provider's rate.
        error: What went wrong, in words; None after a good load.
    """

    run_id: str
    organization_id: str
    source: str
    started_at: datetime
    finished_at: datetime | None = None
    slice_from: datetime | None = None
    slice_to: datetime | None = None
    rows_read: int = 0
    rows_new: int = 0
    retries: int = 0
    duration_seconds: float = 0.0
    throttled_seconds: float = 0.0
    error: str | None = None


def ensure_tables(connection: duckdb.DuckDBPyConnection, *names: str) -> None:
    """Creates the named `ops` tables where they are not there yet."""
    connection.execute("create schema if not exists ops")
    for name in names:
        columns = ", ".join(f"{column} {kind}" for column, kind in _columns()[name].items())
        connection.execute(f"create table if not exists ops.{name} ({columns})")


def begin_loads(connection: duckdb.DuckDBPyConnection, records: Iterable[LoadRecord]) -> None:
    """Writes that loads have begun, and that any other which says so was cut off."""
    connection.execute(
        "update ops.loads set finished_at = started_at, error = ? where finished_at is null", [INTERRUPTED]
    )
    insert(connection, "loads", LoadRecord, records)


def end_load(connection: duckdb.DuckDBPyConnection, record: LoadRecord) -> None:
    """Writes how a load ended."""
    connection.execute(
        "delete from ops.loads where run_id = ? and organization_id = ? and source = ?",
        [record.run_id, record.organization_id, record.source],
    )
    insert(connection, "loads", LoadRecord, [record])


def reading_states(
    connection: duckdb.DuckDBPyConnection,
) -> dict[tuple[str, str], dict[str, StreamState]]:
    """How far everything was read: states by stream key, by organization and source."""
    states: dict[tuple[str, str], dict[str, StreamState]] = {}
    rows = connection.execute(
        "select organization_id, source, stream, checkpoint_at, full_lookback_at, reconciled_at from ops.reading_state"
    ).fetchall()
    for organization_id, source, stream, *times in rows:
        state = StreamState(*(time and time.replace(tzinfo=UTC) for time in times))
        states.setdefault((organization_id, source), {})[stream] = state
    return states


def store_states(
    connection: duckdb.DuckDBPyConnection, organization_id: str, source: str, states: dict[str, StreamState]
) -> None:
    """Stores how far streams were read; called after their rows were landed."""
    if not states:
        return
    connection.execute("begin")
    connection.execute(
        "delete from ops.reading_state where organization_id = ? and source = ? and list_contains(?, stream)",
        [organization_id, source, list(states)],
    )
    connection.executemany(
        "insert into ops.reading_state values (?, ?, ?, ?, ?, ?)",
        [[organization_id, source, stream, *map(naive, astuple(state))] for stream, state in states.items()],
    )
    connection.execute("commit")


def store_settings(
    connection: duckdb.DuckDBPyConnection, organization_id: str, source: str, settings: dict[str, str]
) -> None:
    """Stores the settings that the models read, in place of what was there; never a secret."""
    connection.execute("begin")
    connection.execute(
        "delete from ops.source_settings where organization_id = ? and source = ?", [organization_id, source]
    )
    if settings:
        connection.executemany(
            "insert into ops.source_settings values (?, ?, ?, ?)",
            [[organization_id, source, name, value] for name, value in settings.items()],
        )
    connection.execute("commit")


def longest_windows(connection: duckdb.DuckDBPyConnection) -> dict[str, timedelta]:
    """The longest attribution window of each organization's campaigns: from the draw to the window's end."""
    try:
        rows = connection.execute(
            """
            select
                organization_id,
                max(
                    least(coalesce(try_cast(payload ->> '$.window_days' as double), 90), 36500)
                    + least(coalesce(try_cast(payload ->> '$.in_home_days' as double), 5), 36500)
                )
            from raw_files.campaigns
            group by organization_id
            """
        ).fetchall()
    except duckdb.CatalogException:
        return {}
    return {organization_id: max(timedelta(days=days), DEFAULT_WINDOW) for organization_id, days in rows}


def insert(connection: duckdb.DuckDBPyConnection, table: str, kind: type, records: Iterable[Any]) -> None:
    """Adds rows to an `ops` table: each a dataclass of `kind`, whose fields are columns."""
    names = [field.name for field in fields(kind)]
    rows = [_stored([getattr(record, name) for name in names]) for record in records]
    if rows:
        places = ", ".join("?" for _ in names)
        connection.executemany(f"insert into ops.{table} ({', '.join(names)}) values ({places})", rows)


def naive(instant: datetime | None) -> datetime | None:
    """UTC without a zone, which is how every time is stored."""
    return instant and instant.astimezone(UTC).replace(tzinfo=None)


def _stored(values: Sequence[Any]) -> list[Any]:
    return [naive(value) if isinstance(value, datetime) else value for value in values]


@cache
def _columns() -> dict[str, dict[str, str]]:
    """Names and types of the columns of each `ops` table, as dbt declares them."""
    declared = yaml.safe_load(SOURCES_FILE.read_text(encoding="utf-8"))["sources"][0]["tables"]
    return {table["name"]: {one["name"]: one["data_type"] for one in table["columns"]} for table in declared}
