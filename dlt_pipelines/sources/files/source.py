"""Lands the inbox: every file that is new or changed, as versions of rows, each file whole or not at all."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dlt
import duckdb
import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from dlt_pipelines.bounds import bounds
from dlt_pipelines.config import Workspace
from dlt_pipelines.database import landed_rows
from dlt_pipelines.errors import DatabaseInUseError, InputFileError, MatchbackError
from dlt_pipelines.organizations import Organization
from dlt_pipelines.sources.files.entities import ENTITIES, Entity
from dlt_pipelines.sources.files.inbox import InboxFile, holds, inbox_files
from dlt_pipelines.sources.files.process import Limits, ReaderProcess
from dlt_pipelines.sources.files.reader import MEGABYTE, line_word, shown
from dlt_pipelines.sources.files.spool import (
    BATCH_ROWS,
    ROW_SCHEMA,
    FileOutcome,
    Reading,
    Stamp,
    Taker,
    content_hash_of,
    withdrawal,
)
from dlt_pipelines.sources.landing import INSERT_NEW_VERSIONS, land, later_than_all_loads, utc_columns

DATASET = "raw_files"
COMPARING_MEMORY = "1GB"
# so many rows of a file that are gone, and more than half of them, are an export that was cut off rather than news
ENOUGH_GONE = 100
# as int_recipients__several_pieces has it
ANOTHER_PIECE_AFTER = timedelta(days=7)

FILE_SCHEMA = pa.schema(
    [
        ("file_name", pa.string()),
        ("entity", pa.string()),
        ("content_hash", pa.string()),
        ("file_read", pa.int64()),
        ("file_size", pa.int64()),
        ("row_count", pa.int64()),
        ("organizations_left_out", pa.string()),
        ("file_modified_at", pa.timestamp("us")),
        ("loaded_at", pa.timestamp("us")),
    ]
)

Key = tuple[str, str]
# what an export needs that has several rows of one key
ONE_ROW_EACH = {
    "orders": "An export with a row per line needs one row per order here, and its lines in order_lines/. ",
}


@dataclass(frozen=True)
class _LastReading:
    """The last reading of a file, as the database knows it."""

    content_hash: str
    file_read: int
    organizations_left_out: str
    file_modified_at: datetime


@dataclass(frozen=True)
class _Waiting:
    """A file read without an error, waiting in a Parquet file to be landed."""

    outcome: FileOutcome
    entity: Entity
    path: Path
    record: dict[str, Any]


def load_inbox(
    workspace: Workspace,
    organizations: list[Organization],
    progress: Callable[[str, int], None],
    started_at: datetime | None = None,
    accepted: Collection[str] = (),
) -> tuple[list[FileOutcome], list[InputFileError]]:
    """Lands every new or changed file of the inbox.

    A file is read whole before anything of it is landed. Rows that are as they were at the file's last reading
    are not written again; rows that are gone are written as withdrawals. What goes wrong with one file is that
    file's error, and the others are landed.

    Args:
        workspace: Whose inbox and database.
        organizations: All configured organizations; rows of others are counted and left out.
        progress: Called with a file's name and the rows read of it so far.
        started_at: Start of the load, aware; None is the clock's.
        accepted: Files, by their paths below the inbox, of which most rows may be gone.

    Returns:
        The outcome of each file that was read, and the errors of those that could not be.

    Raises:
        ConfigurationError: A limit of reading is no number.
        DatabaseInUseError: Another process is writing the database.
    """
    errors: list[InputFileError] = []
    limits = Limits.configured()
    with (
        tempfile.TemporaryDirectory(dir=workspace.pipelines, prefix="inbox-") as folder,
        ReaderProcess(limits) as reader,
        # what does not fit into memory waits beside the files, for it holds addresses as well
        duckdb.connect(config={"memory_limit": COMPARING_MEMORY, "temp_directory": folder}) as comparing,
    ):
        spooler = _Spooler(
            *(workspace, organizations, progress, started_at, limits, reader, comparing, Path(folder)), accepted
        )
        errors += [
            InputFileError(f"{shown(name)}: there is no such file in the inbox {workspace.inbox} to accept.")
            for name in accepted
            if not holds(workspace.inbox, name)
        ]
        waiting: list[_Waiting] = []
        for file in inbox_files(workspace.inbox, errors):
            try:
                spooled = spooler.spooled(file)
                waiting += [spooled] if spooled else []
            except InputFileError as error:
                errors.append(error)
            except MatchbackError:
                raise
            except OSError as error:
                errors.append(InputFileError(f"{shown(file.name)}: the file cannot be opened ({error.strerror})."))
            except Exception as error:  # a file that nobody foresaw must not take the others down
                errors.append(InputFileError(f"{shown(file.name)}: it cannot be loaded ({type(error).__name__})."))
        landed = _landed(workspace, waiting, errors) if waiting else []
    return [file.outcome for file in landed], errors


def forget_file(workspace: Workspace, name: str) -> str:
    """Withdraws what a file said that is no longer in the inbox.

    Args:
        workspace: Whose database.
        name: The file's path below the inbox, as `orders/may.csv`.

    Returns:
        What was done, in words.

    Raises:
        MatchbackError: The file is still there, or was never read.
    """
    reading = _last_readings(workspace.database).get(name)
    if reading is None:
        raise MatchbackError(f"{name} was never read from the inbox {workspace.inbox}; there is nothing to forget.")
    if holds(workspace.inbox, name):
        raise MatchbackError(
            f"{name} is still in the inbox {workspace.inbox} and would be read again; move it out first."
        )
    entity = ENTITIES[name.partition("/")[0]]
    last_read, in_force = _current_rows(workspace.database, entity.name, name)
    if not in_force:
        return f"{name} was forgotten before; nothing to do."
    stamp = Stamp(
        file_name=name,
        file_read=max(last_read, reading.file_read) + 1,
        file_modified_at=reading.file_modified_at,
        loaded_at=later_than_all_loads(workspace.database),
    )
    record = _record(entity, stamp, content_hash="", file_size=0, row_count=0, organizations_left_out="")
    gone = pa.Table.from_pylist([withdrawal(entity, *key, stamp) for key in sorted(in_force)], ROW_SCHEMA)
    with tempfile.TemporaryDirectory(dir=workspace.pipelines, prefix="inbox-") as folder:
        path = Path(folder) / "forgotten.parquet"
        pq.write_table(gone, path)
        _land(workspace, [_Waiting(FileOutcome(shown(name)), entity, path, record)])
    return f"{name} is forgotten: {gone.num_rows:,} rows were withdrawn. Build again to see it in the marts."


class _Spooler:
    """Files on their way from the inbox into Parquet files to be landed."""

    def __init__(
        self,
        workspace: Workspace,
        organizations: list[Organization],
        progress: Callable[[str, int], None],
        started_at: datetime | None,
        limits: Limits,
        reader: ReaderProcess,
        comparing: duckdb.DuckDBPyConnection,
        folder: Path,
        accepted: Collection[str],
    ) -> None:
        self._database, self._limits, self._progress = workspace.database, limits, progress
        self._reader, self._comparing, self._folder = reader, comparing, folder
        self._numbers, self._accepted = itertools.count(), accepted
        self._takers = {name: Taker(entity, organizations) for name, entity in ENTITIES.items()}
        self._loaded_at = later_than_all_loads(workspace.database, started_at)
        self._last_readings = _last_readings(workspace.database)

    def spooled(self, file: InboxFile) -> _Waiting | None:
        """The file with what differs from its last reading; None where it is as it was.

        Raises:
            InputFileError: It cannot be read.
            OSError: It is not there any more.
        """
        name, entity, last = file.name, file.entity, self._last_readings.get(file.name)
        stat = file.path.stat()
        modified_at = _file_time(stat.st_mtime)
        known_hash = self._known_hash(entity, last)
        # its size and time alone would not tell: an archive or a share may keep them
        if known_hash and content_hash_of(file.path) == known_hash:
            return None
        if stat.st_size > self._limits.file_megabytes * MEGABYTE:
            raise InputFileError(
                f"{shown(name)}: it is larger than {self._limits.file_megabytes:,} MB, so nothing of it was loaded. "
                "Split it, or raise the setting file_max_mb of [load]."
            )
        # a load that was killed may have landed rows without the record of their reading
        last_read, before = _current_rows(self._database, entity.name, name)
        stamp = Stamp(name, max(last_read, last.file_read if last else 0) + 1, modified_at, self._loaded_at)
        whole = self._folder / f"{next(self._numbers)}.parquet"
        reading = Reading(
            *(entity.name, file.path, whole, stamp, self._takers[entity.name]),
            most_megabytes=self._limits.file_megabytes,
        )
        try:
            spooled = self._reader.read(reading, lambda rows: self._progress(name, rows))
            _check_contradictions(self._comparing, whole, entity, spooled.outcome.name, line_word(file.path))
            _check_arms(self._comparing, whole, entity, spooled.outcome.name)
            now = _hashes(whole) if before else {}
            if name not in self._accepted:
                self._check_shrunk(entity, name, before, now)
        except InputFileError:
            whole.unlink(missing_ok=True)
            raise
        target = whole
        if before:
            target = whole.with_suffix(".changed.parquet")
            _write_differences(whole, target, before, now, entity, stamp)
            whole.unlink()
        spooled.outcome.rows_new = pq.read_metadata(target).num_rows
        record = _record(
            entity,
            stamp,
            content_hash=spooled.content_hash,
            file_size=stat.st_size,
            row_count=spooled.outcome.rows,
            organizations_left_out="|".join(sorted(spooled.outcome.left_out)),
        )
        return _Waiting(spooled.outcome, entity, target, record)

    def _check_shrunk(self, entity: Entity, name: str, before: dict[Key, list[str]], now: dict[Key, list[str]]) -> None:
        """Holds back a file most of whose rows are gone: an export that was cut off would withdraw what it said.

        Raises:
            InputFileError: It is held.
        """
        refusal = self._takers[entity.name].refusal
        rows = [key for key in before if refusal(key[0]) is None]
        left = sum(key in now for key in rows)
        if len(rows) - left >= ENOUGH_GONE and left < len(rows) / 2:
            raise InputFileError(
                f"{shown(name)}: only {left:,} of its {len(rows):,} rows are left, so it is held: nothing of it was "
                "loaded, and what it said before stays. If the others are meant to be gone, run `matchback load "
                f"--accept {shown(name)}`."
            )

    def _known_hash(self, entity: Entity, last: _LastReading | None) -> str | None:
        """What a file held that need not be read again if it still does; None where rows left out are taken now."""
        if last is None:
            return None
        left_out = filter(None, last.organizations_left_out.split("|"))
        are_taken_now = any(self._takers[entity.name].refusal(name) is None for name in left_out)
        return None if are_taken_now else last.content_hash


def _file_time(seconds: float) -> datetime:
    """A file's own time, UTC without a zone; one beyond the bounds of time is taken for the nearest bound."""
    first, last = bounds().time_from, bounds().time_before - timedelta(seconds=1)
    within = min(max(seconds, first.replace(tzinfo=UTC).timestamp()), last.replace(tzinfo=UTC).timestamp())
    return datetime.fromtimestamp(within, UTC).replace(tzinfo=None)


def _record(entity: Entity, stamp: Stamp, **columns: Any) -> dict[str, Any]:
    """The row of `raw_files.files` of a reading."""
    return {"entity": entity.name, **vars(stamp), **columns}


def _check_arms(connection: duckdb.DuckDBPyConnection, whole: Path, entity: Entity, shown_name: str) -> None:
    """Refuses a file of recipients whose `created_at` cannot be the time at which their arms were assigned.

    Raises:
        InputFileError: Of a campaign all who were mailed were created later than that, or all in the future.
    """
    if entity.name != "recipients":
        return
    rows = connection.execute(
        """
        select
            campaign_id,
            coalesce(bool_and(created_at > sent_at), false) as is_after_mail,
            bool_and(created_at > loaded_at) as is_to_come
        from (
            select
                organization_id,
                payload ->> '$.campaign_id' as campaign_id,
                try_cast(payload ->> '$.created_at' as timestamp) as created_at,
                try_cast(payload ->> '$.sent_at' as timestamp) as sent_at,
                loaded_at
            from read_parquet($whole)
        )
        where created_at is not null
        group by organization_id, campaign_id
        having is_after_mail or is_to_come
        order by campaign_id
        """,
        {"whole": str(whole)},
    ).fetchone()
    if rows:
        when = "after they were sent" if rows[1] else "in the future"
        raise InputFileError(
            f"{shown_name}: all recipients of the campaign '{shown(rows[0])}' have a created_at {when}. It is when the "
            "arm was assigned, before the mail, and lift counts from it. Nothing of this file was loaded; mend the "
            "column created_at and load again."
        )


def _check_contradictions(
    connection: duckdb.DuckDBPyConnection, whole: Path, entity: Entity, shown_name: str, word: str
) -> None:
    """Refuses a file two of whose rows, of one key and without `updated_at`, give a column different values.

    Raises:
        InputFileError: There are such rows; the message names both lines and the column.
    """
    rows = connection.execute(
        """
        with repeated as (
            select organization_id, object_id
            from read_parquet($whole)
            group by organization_id, object_id
            having min(payload_hash) <> max(payload_hash)
        )
        select organization_id, object_id, row_number, payload
        from read_parquet($whole)
        semi join repeated using (organization_id, object_id)
        order by organization_id, object_id, row_number
        """,
        {"whole": str(whole)},
    )
    key: Key = ("", "")
    said: dict[str, tuple[str, str]] = {}
    while row := rows.fetchone():
        if key != row[:2]:
            key, said = row[:2], {}
        values = orjson.loads(row[3])
        if not values.get("updated_at"):
            try:
                _compare(f"{word} {row[2]}", _with_pieces_apart(values, said), said)
            except _ContradictionError as error:
                raise InputFileError(
                    f"{shown_name}, {error}, and neither has an updated_at that says which holds. "
                    f"{ONE_ROW_EACH.get(entity.name, '')}Nothing of this file was loaded; mend it and load again."
                ) from None


class _ContradictionError(ValueError):
    """Two rows that cannot both hold: which, and in which column."""


def _with_pieces_apart(values: dict[str, str], said: dict[str, tuple[str, str]]) -> dict[str, str]:
    """A row as it is compared: what it says of a piece of mail speaks of no other one (docs/files.md).

    A drop is a piece; without one, mail sent seven days or more after what was `said` before is.
    """
    drop, sent_at = values.get("drop_id"), values.get("sent_at")
    before = said.get("sent_at")
    if not drop and sent_at and before and before[0]:
        gap = datetime.fromisoformat(sent_at) - datetime.fromisoformat(before[0])
        if gap >= ANOTHER_PIECE_AFTER:
            for column in ("sent_at", "in_home_at"):
                said.pop(column, None)
    if not drop:
        return values
    of_a_piece = ("drop_id", "sent_at", "in_home_at")
    return {f"{column} of drop {drop}" if column in of_a_piece else column: value for column, value in values.items()}


def _compare(place: str, values: dict[str, str], said: dict[str, tuple[str, str]]) -> None:
    """Compares the row at a place with what was `said` of its key before, by column: the value, and where it stands."""
    for column, value in values.items():
        before, first_place = said.setdefault(column, (value, place))
        if before != value:
            raise _ContradictionError(f"{place}: it has the key of {first_place} and another value in {column}")


def _hashes(whole: Path) -> dict[Key, list[str]]:
    """The rows of a file: hashes by key, in row order."""
    now: dict[Key, list[str]] = {}
    for table in _tables(whole, ["organization_id", "object_id", "payload_hash"]):
        for organization_id, object_id, payload_hash in zip(*table.to_pydict().values(), strict=True):
            now.setdefault((organization_id, object_id), []).append(payload_hash)
    return now


def _write_differences(
    whole: Path,
    target: Path,
    before: dict[Key, list[str]],
    now: dict[Key, list[str]],
    entity: Entity,
    stamp: Stamp,
) -> None:
    """Writes the rows of a file that are not as they were, and a withdrawal for each that is gone.

    Args:
        whole: All rows of the file.
        target: Where to write.
        before: What was in force: hashes by key, in row order.
        now: What the file says, likewise.
        entity: What the file holds.
        stamp: What all rows of this reading have in common.
    """
    changed = {key for key, hashes in now.items() if before.get(key) != hashes}
    with pq.ParquetWriter(target, ROW_SCHEMA) as writer:
        for table in _tables(whole):
            keys = zip(table["organization_id"].to_pylist(), table["object_id"].to_pylist(), strict=True)
            writer.write_table(table.filter(pa.array([key in changed for key in keys], pa.bool_())))
        gone = [withdrawal(entity, *key, stamp) for key in sorted(before.keys() - now.keys())]
        writer.write_table(pa.Table.from_pylist(gone, ROW_SCHEMA))


def _tables(path: Path, columns: list[str] | None = None) -> Iterator[pa.Table]:
    """A Parquet file, a batch at a time."""
    with pq.ParquetFile(path) as parquet:
        for batch in parquet.iter_batches(BATCH_ROWS, columns=columns):
            yield pa.Table.from_batches([batch])


def _landed(workspace: Workspace, waiting: list[_Waiting], errors: list[InputFileError]) -> list[_Waiting]:
    """Lands files together; where that fails, each by itself, so that only the one that fails is left out.

    Returns:
        The files that are landed.

    Raises:
        DatabaseInUseError: Another process is writing the database.
    """
    try:
        _land(workspace, waiting)
    except DatabaseInUseError:
        raise
    except MatchbackError as error:
        if len(waiting) == 1:
            errors.append(InputFileError(f"{waiting[0].outcome.name}: its rows could not be landed. {error}"))
            return []
        return [landed for file in waiting for landed in _landed(workspace, [file], errors)]
    return waiting


def _land(workspace: Workspace, waiting: list[_Waiting]) -> None:
    """Lands rows, and then that their files were read: a full disk between the two has them read again, never lost.

    Raises:
        MatchbackError: The pipeline failed, or another process is writing the database.
    """
    by_entity: dict[str, list[_Waiting]] = {}
    for file in waiting:
        by_entity.setdefault(file.entity.name, []).append(file)

    def rows(files: list[_Waiting]) -> Iterator[pa.Table]:
        for file in files:
            yield from _tables(file.path)

    row_key = ["organization_id", "object_id", "payload_hash", "file_name", "file_read", "row_number"]
    of_rows = [_resource(entity, rows(files), row_key, ROW_SCHEMA) for entity, files in by_entity.items()]
    readings = iter([pa.Table.from_pylist([file.record for file in waiting], FILE_SCHEMA)])
    land(workspace, "files", DATASET, of_rows)
    land(workspace, "files", DATASET, [_resource("files", readings, ["file_name", "file_read"], FILE_SCHEMA)])


def _resource(name: str, tables: Iterator[pa.Table], key: list[str], schema: pa.Schema) -> Any:
    return dlt.resource(
        tables, name=name, primary_key=key, write_disposition=INSERT_NEW_VERSIONS, columns=utc_columns(schema)
    )


def _last_readings(database: Path) -> dict[str, _LastReading]:
    rows = landed_rows(
        database,
        """
        select file_name, content_hash, file_read, organizations_left_out, file_modified_at
        from raw_files.files
        qualify row_number() over (partition by file_name order by file_read desc) = 1
        """,
    )
    return {name: _LastReading(*values) for name, *values in rows}


def _current_rows(database: Path, entity: str, file_name: str) -> tuple[int, dict[Key, list[str]]]:
    """The last reading that wrote rows of a file (0 if none), and what is in force: hashes by key, in row order."""
    rows = landed_rows(
        database,
        f"""
        with versions as (
            select *, max(file_read) over (partition by organization_id, object_id) as last_read
            from raw_files.{entity}
            where file_name = ?
        )
        select
            organization_id,
            object_id,
            last_read,
            list(payload_hash order by row_number) filter (where not is_withdrawal)
        from versions
        where file_read = last_read
        group by organization_id, object_id, last_read
        """,
        [file_name],
    )
    in_force = {(organization_id, object_id): hashes for organization_id, object_id, _, hashes in rows if hashes}
    return max((last_read for _, _, last_read, _ in rows), default=0), in_force
