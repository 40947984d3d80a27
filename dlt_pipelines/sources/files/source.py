"""Lands the inbox: every file that is new or changed, as versions of rows, each file whole or not at all."""

from __future__ import annotations

import hashlib
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dlt
import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from dlt_pipelines.config import Workspace
from dlt_pipelines.database import landed_rows
from dlt_pipelines.errors import InputFileError, MatchbackError
from dlt_pipelines.organizations import Organization
from dlt_pipelines.sources.files.entities import ENTITIES, Entity
from dlt_pipelines.sources.files.reader import FileReader, file_format
from dlt_pipelines.sources.landing import (
    INSERT_NEW_VERSIONS,
    land,
    later_than_all_loads,
    payload_hash,
    utc_columns,
)

BATCH_ROWS = 20_000
DATASET = "raw_files"

ROW_SCHEMA = pa.schema(
    [
        ("organization_id", pa.string()),
        ("object_id", pa.string()),
        ("payload_hash", pa.string()),
        ("payload", pa.string()),
        ("file_name", pa.string()),
        ("file_read", pa.int64()),
        ("row_number", pa.int64()),
        ("is_withdrawal", pa.bool_()),
        ("file_modified_at", pa.timestamp("us")),
        ("loaded_at", pa.timestamp("us")),
    ]
)
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


@dataclass
class FileOutcome:
    """What became of one file.

    Attributes:
        name: Path below the inbox.
        rows: Rows read.
        left_out: Rows not taken, by organization.
        left_out_reason: Why, by organization.
        unknown_columns: Columns kept out.
        rows_new: Versions that were new.
    """

    name: str
    rows: int = 0
    rows_new: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    left_out_reason: dict[str, str] = field(default_factory=dict)
    unknown_columns: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Reading:
    """The last reading of a file, as the database knows it."""

    content_hash: str
    file_read: int
    file_size: int
    organizations_left_out: str
    file_modified_at: datetime


@dataclass(frozen=True)
class _Spooled:
    """A file read without an error, waiting in a Parquet file to be landed."""

    entity: Entity
    path: Path
    record: dict[str, Any]


def load_inbox(
    workspace: Workspace,
    organizations: list[Organization],
    progress: Callable[[str, int], None],
    started_at: datetime | None = None,
) -> tuple[list[FileOutcome], list[InputFileError]]:
    """Lands every new or changed file of the inbox.

    A file is read whole before anything of it is landed. Rows that are as they were at the file's last reading
    are not written again; rows that are gone are written as withdrawals.

    Args:
        workspace: Whose inbox and database.
        organizations: All configured organizations; rows of others are counted and left out.
        progress: Called with a file's name and the rows read of it so far.
        started_at: Start of the load, aware; None is the clock's.

    Returns:
        The outcome of each file that was read, and the errors of those that could not be.
    """
    outcomes: list[FileOutcome] = []
    errors: list[InputFileError] = []
    spooled: list[_Spooled] = []
    loaded_at = later_than_all_loads(workspace.database, started_at)
    readings = _last_readings(workspace.database)
    with tempfile.TemporaryDirectory(dir=workspace.pipelines, prefix="inbox-") as spool:
        for entity, path in _inbox_files(workspace.inbox, errors):
            name = path.relative_to(workspace.inbox).as_posix()
            taker = _Taker(entity, organizations)
            try:
                reading = readings.get(name)
                if reading is None or _has_changed(path, reading, taker):
                    job = _FileJob(workspace, entity, path, name, reading, taker, loaded_at, progress)
                    spooled.append(job.spool(Path(spool) / f"{len(spooled)}.parquet"))
                    outcomes.append(job.outcome)
            except InputFileError as error:
                errors.append(error)
            except OSError as error:
                errors.append(InputFileError(f"{name}: the file cannot be opened ({type(error).__name__})."))
        if spooled:
            land(workspace, "files", DATASET, _resources(spooled))
    return outcomes, errors


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
    if (workspace.inbox / name).exists():
        raise MatchbackError(
            f"{name} is still in the inbox {workspace.inbox} and would be read again; move it out first."
        )
    entity = ENTITIES[name.partition("/")[0]]
    last_read, in_force = _current_rows(workspace.database, entity.name, name)
    if not in_force:
        return f"{name} was forgotten before; nothing to do."
    record = {
        "file_name": name,
        "entity": entity.name,
        "content_hash": "",
        "file_read": max(last_read, reading.file_read) + 1,
        "file_size": 0,
        "row_count": 0,
        "organizations_left_out": "",
        "file_modified_at": reading.file_modified_at,
        "loaded_at": later_than_all_loads(workspace.database),
    }
    gone = pa.Table.from_pylist([_withdrawal(entity, *key, record) for key in sorted(in_force)], ROW_SCHEMA)
    with tempfile.TemporaryDirectory(dir=workspace.pipelines, prefix="inbox-") as spool:
        path = Path(spool) / "forgotten.parquet"
        pq.write_table(gone, path)
        land(workspace, "files", DATASET, _resources([_Spooled(entity, path, record)]))
    return f"{name} is forgotten: {gone.num_rows:,} rows were withdrawn. Build again to see it in the marts."


class _Taker:
    """Decides whose rows of an entity are taken, and says why others are not."""

    def __init__(self, entity: Entity, organizations: list[Organization]) -> None:
        self._is_order = entity.is_order
        self._organizations = {organization.organization_id: organization for organization in organizations}

    def refusal(self, organization_id: str) -> str | None:
        """Why rows of this organization are not taken; None when they are."""
        organization = self._organizations.get(organization_id)
        if organization is None:
            return "it is not in organizations.csv"
        if self._is_order and organization.provider != "files":
            return f"its provider is {organization.provider}, not files"
        if self._is_order and not organization.takes_orders:
            return "its orders are not to be synced"
        return None


class _FileJob:
    """One file on its way into the spool."""

    def __init__(
        self,
        workspace: Workspace,
        entity: Entity,
        path: Path,
        name: str,
        reading: _Reading | None,
        taker: _Taker,
        loaded_at: datetime,
        progress: Callable[[str, int], None],
    ) -> None:
        self._entity, self._path, self._taker, self._progress = entity, path, taker, progress
        # a load that was killed may have landed rows without the record of their reading
        last_read, self._before = _current_rows(workspace.database, entity.name, name)
        stat = path.stat()
        self.outcome = FileOutcome(name)
        self._record = {
            "file_name": name,
            "entity": entity.name,
            "content_hash": _content_hash(path),
            "file_read": max(last_read, reading.file_read if reading else 0) + 1,
            "file_size": stat.st_size,
            "file_modified_at": datetime.fromtimestamp(stat.st_mtime, UTC).replace(tzinfo=None),
            "loaded_at": loaded_at,
        }

    def spool(self, target: Path) -> _Spooled:
        """Reads the file into `target`, only what differs from its last reading.

        Raises:
            InputFileError: A row cannot be read.
        """
        before = self._before
        reader = FileReader(self._path, self.outcome.name, self._entity)
        whole = target.with_suffix(".whole.parquet")
        now: dict[Key, list[str]] = {}
        with pq.ParquetWriter(whole, ROW_SCHEMA) as writer:
            for batch in self._batches(reader, now if before else None):
                writer.write_table(batch)
        self._write_differences(whole, target, before, now)
        whole.unlink()
        self.outcome.unknown_columns = list(reader.unknown_columns)
        self._record["row_count"] = self.outcome.rows
        self._record["organizations_left_out"] = "|".join(sorted(self.outcome.left_out))
        return _Spooled(self._entity, target, self._record)

    def _batches(self, reader: FileReader, seen: dict[Key, list[str]] | None) -> Iterator[pa.Table]:
        rows: list[dict[str, Any]] = []
        for row in reader.rows():
            self.outcome.rows += 1
            organization_id = row.values.pop("organization_id")
            refusal = self._taker.refusal(organization_id)
            if refusal:
                self.outcome.left_out[organization_id] += 1
                self.outcome.left_out_reason[organization_id] = refusal
                continue
            landed = _landed(self._entity, organization_id, row.values, row.number, self._record)
            if seen is not None:
                seen.setdefault((organization_id, landed["object_id"]), []).append(landed["payload_hash"])
            rows.append(landed)
            if len(rows) == BATCH_ROWS:
                yield pa.Table.from_pylist(rows, ROW_SCHEMA)
                self._progress(self.outcome.name, self.outcome.rows)
                rows = []
        yield pa.Table.from_pylist(rows, ROW_SCHEMA)
        self._progress(self.outcome.name, self.outcome.rows)

    def _write_differences(
        self, whole: Path, target: Path, before: dict[Key, list[str]], now: dict[Key, list[str]]
    ) -> None:
        changed = {key for key, hashes in now.items() if before.get(key) != hashes}
        with pq.ParquetWriter(target, ROW_SCHEMA) as writer:
            with pq.ParquetFile(whole) as spooled:
                for batch in spooled.iter_batches(BATCH_ROWS):
                    table = pa.Table.from_batches([batch])
                    if before:
                        keys = zip(table["organization_id"].to_pylist(), table["object_id"].to_pylist(), strict=True)
                        table = table.filter(pa.array([key in changed for key in keys], pa.bool_()))
                    self.outcome.rows_new += table.num_rows
                    writer.write_table(table)
            gone = [_withdrawal(self._entity, *key, self._record) for key in sorted(before.keys() - now.keys())]
            self.outcome.rows_new += len(gone)
            writer.write_table(pa.Table.from_pylist(gone, ROW_SCHEMA))


def _landed(
    entity: Entity, organization_id: str, values: dict[str, str], number: int, record: dict[str, Any]
) -> dict[str, Any]:
    """A row of a file as it is stored."""
    payload = orjson.dumps(values, option=orjson.OPT_SORT_KEYS)
    return {
        "organization_id": organization_id,
        "object_id": orjson.dumps([values[column] for column in entity.key[1:]]).decode(),
        "payload_hash": payload_hash(payload),
        "payload": payload.decode(),
        "row_number": number,
        "is_withdrawal": False,
        **{name: record[name] for name in ("file_name", "file_read", "file_modified_at", "loaded_at")},
    }


def _withdrawal(entity: Entity, organization_id: str, object_id: str, record: dict[str, Any]) -> dict[str, Any]:
    """What is stored of a row that its file no longer has."""
    key = dict(zip(entity.key[1:], orjson.loads(object_id), strict=True))
    return _landed(entity, organization_id, key, 0, record) | {"is_withdrawal": True}


def _resources(spooled: list[_Spooled]) -> list[Any]:
    """A resource per entity that has files, and one for the readings themselves."""
    by_entity: dict[str, list[_Spooled]] = {}
    for file in spooled:
        by_entity.setdefault(file.entity.name, []).append(file)

    def rows(files: list[_Spooled]) -> Iterator[pa.Table]:
        for file in files:
            with pq.ParquetFile(file.path) as parquet:
                for batch in parquet.iter_batches(BATCH_ROWS):
                    yield pa.Table.from_batches([batch])

    resources = [
        dlt.resource(
            rows(files),
            name=entity,
            primary_key=["organization_id", "object_id", "payload_hash", "file_name", "file_read", "row_number"],
            write_disposition=INSERT_NEW_VERSIONS,
            columns=utc_columns(ROW_SCHEMA),
        )
        for entity, files in by_entity.items()
    ]
    readings = pa.Table.from_pylist([file.record for file in spooled], FILE_SCHEMA)
    resources.append(
        dlt.resource(
            iter([readings]),
            name="files",
            primary_key=["file_name", "file_read"],
            write_disposition=INSERT_NEW_VERSIONS,
            columns=utc_columns(FILE_SCHEMA),
        )
    )
    return resources


def _inbox_files(inbox: Path, errors: list[InputFileError]) -> Iterator[tuple[Entity, Path]]:
    """Files of the entity folders in a fixed order, campaigns first; anything else is an error by name."""
    errors += [
        InputFileError(f"{folder.name}/: not a folder of the inbox; it knows {', '.join(ENTITIES)}.")
        for folder in sorted(inbox.iterdir())
        if folder.is_dir() and folder.name not in ENTITIES
    ]
    for name, entity in ENTITIES.items():
        folder = inbox / name
        for path in sorted(folder.rglob("*")) if folder.is_dir() else []:
            if path.is_dir() or path.name.startswith("."):
                continue
            if file_format(path) is None:
                shown = path.relative_to(inbox).as_posix()
                errors.append(
                    InputFileError(f"{shown}: only .csv, .jsonl and .parquet files, or these with .gz, are read.")
                )
                continue
            yield entity, path


def _has_changed(path: Path, reading: _Reading, taker: _Taker) -> bool:
    """Whether a file must be read again: other bytes, or rows left out that would be taken now."""
    if any(taker.refusal(name) is None for name in reading.organizations_left_out.split("|") if name):
        return True
    stat = path.stat()
    modified_at = datetime.fromtimestamp(stat.st_mtime, UTC).replace(tzinfo=None)
    if stat.st_size == reading.file_size and modified_at == reading.file_modified_at:
        return False
    return _content_hash(path) != reading.content_hash


def _content_hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _last_readings(database: Path) -> dict[str, _Reading]:
    rows = landed_rows(
        database,
        """
        select file_name, content_hash, file_read, file_size, organizations_left_out, file_modified_at
        from raw_files.files
        qualify row_number() over (partition by file_name order by file_read desc) = 1
        """,
    )
    return {name: _Reading(*values) for name, *values in rows}


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
