"""One file of the inbox, read whole into a Parquet file, as its rows are stored."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from dlt_pipelines.errors import InputFileError
from dlt_pipelines.organizations import Organization
from dlt_pipelines.sources.files.entities import ENTITIES, Entity
from dlt_pipelines.sources.files.reader import MOST_UNKNOWN_COLUMNS, FileReader, shown

BATCH_ROWS = 20_000
# of one file; a file with more has something else in the column
MOST_LEFT_OUT = 1_000

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


@dataclass
class FileOutcome:
    """What became of one file.

    Attributes:
        name: Path below the inbox, as messages show it.
        rows: Rows read.
        rows_new: Versions that were new.
        left_out: Rows not taken, by organization.
        left_out_reason: Why, by organization.
        unknown_columns: Columns kept out, as messages show them.
        null_dates: Days that stand for no date and were taken as empty, by column.
    """

    name: str
    rows: int = 0
    rows_new: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    left_out_reason: dict[str, str] = field(default_factory=dict)
    unknown_columns: list[str] = field(default_factory=list)
    null_dates: Counter[str] = field(default_factory=Counter)

    @property
    def errors(self) -> list[str]:
        """What must be looked at though the file was loaded, in words."""
        if not self.unknown_columns:
            return []
        names = ", ".join(f"'{name}'" for name in self.unknown_columns)
        names += " and perhaps more" if len(self.unknown_columns) == MOST_UNKNOWN_COLUMNS else ""
        return [
            f"{self.name}: unknown columns were kept out: {names}. The rest of the file was loaded; correct the header "
            "if they were meant to be read, or remove them."
        ]

    @property
    def warnings(self) -> list[str]:
        """What was left out on purpose, in words."""
        return [
            *(
                f"{self.name}: {rows:,} rows of organization '{shown(organization_id)}' were left out: "
                f"{self.left_out_reason[organization_id]}."
                for organization_id, rows in self.left_out.items()
            ),
            *(
                f"{self.name}: {rows:,} days that stand for no date, such as 0001-01-01 or 1970-01-01, were taken as "
                f"empty in the column {column}."
                for column, rows in self.null_dates.items()
            ),
        ]


@dataclass(frozen=True)
class Stamp:
    """What all rows of one reading of a file have in common.

    Attributes:
        file_name: The file's path below the inbox, as stored.
        file_read: Which reading of the file it is, from 1.
        file_modified_at: The file's own time, UTC without a zone.
        loaded_at: Start of the load, UTC without a zone.
    """

    file_name: str
    file_read: int
    file_modified_at: datetime
    loaded_at: datetime


class Taker:
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


@dataclass(frozen=True)
class Reading:
    """A file to be read.

    Attributes:
        entity_name: What it holds.
        path: Where it is.
        target: The Parquet file to write.
        stamp: What its rows have in common.
        taker: Whose rows are taken.
        most_megabytes: How much it may hold, unpacked.
    """

    entity_name: str
    path: Path
    target: Path
    stamp: Stamp
    taker: Taker
    most_megabytes: int

    @property
    def shown_name(self) -> str:
        """The file's name in messages."""
        return shown(self.stamp.file_name)


@dataclass(frozen=True)
class Spooled:
    """A file that was read without an error.

    Attributes:
        outcome: What became of it so far.
        content_hash: Of its bytes.
    """

    outcome: FileOutcome
    content_hash: str


def spool(reading: Reading, progress: Callable[[int], None]) -> Spooled:
    """Reads a file whole.

    Args:
        reading: What to read, and into which Parquet file.
        progress: Called with the rows read so far.

    Raises:
        InputFileError: The file or a row cannot be read.
        OSError: The file cannot be opened.
        MemoryError: It takes more memory than there may be.
    """
    content_hash = content_hash_of(reading.path)
    entity = ENTITIES[reading.entity_name]
    outcome = FileOutcome(reading.shown_name)
    reader = FileReader(reading.path, outcome.name, entity, reading.most_megabytes)
    with pq.ParquetWriter(reading.target, ROW_SCHEMA) as writer:
        for batch in _batches(reader, entity, reading, outcome):
            writer.write_table(batch)
            progress(outcome.rows)
    outcome.unknown_columns = list(reader.unknown_columns.values())
    outcome.null_dates = reader.null_dates
    return Spooled(outcome, content_hash)


def content_hash_of(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _batches(reader: FileReader, entity: Entity, reading: Reading, outcome: FileOutcome) -> Iterator[pa.Table]:
    rows: list[dict[str, Any]] = []
    for row in reader.rows():
        outcome.rows += 1
        organization_id = row.values.pop("organization_id")
        refusal = reading.taker.refusal(organization_id)
        if refusal:
            _leave_out(outcome, organization_id, refusal)
            continue
        rows.append(landed_row(entity, organization_id, row.values, row.number, reading.stamp))
        if len(rows) == BATCH_ROWS:
            yield pa.Table.from_pylist(rows, ROW_SCHEMA)
            rows = []
    yield pa.Table.from_pylist(rows, ROW_SCHEMA)


def _leave_out(outcome: FileOutcome, organization_id: str, reason: str) -> None:
    outcome.left_out[organization_id] += 1
    outcome.left_out_reason[organization_id] = reason
    if len(outcome.left_out) > MOST_LEFT_OUT:
        raise InputFileError(
            f"{outcome.name}: it has rows of more than {MOST_LEFT_OUT:,} organizations that are not taken, so nothing "
            "of it was loaded; see whether the column organization_id holds organizations."
        )


def landed_row(
    entity: Entity, organization_id: str, values: dict[str, str], number: int, stamp: Stamp
) -> dict[str, Any]:
    """A row of a file as it is stored.

    Args:
        entity: What the file holds.
        organization_id: Whose row.
        values: Its other columns.
        number: Its line in the file.
        stamp: What all rows of this reading have in common.
    """
    payload = orjson.dumps(values, option=orjson.OPT_SORT_KEYS)
    return {
        "organization_id": organization_id,
        "object_id": orjson.dumps([values[column] for column in entity.key[1:]]).decode(),
        "payload_hash": hashlib.sha256(payload).hexdigest(),
        "payload": payload.decode(),
        "row_number": number,
        "is_withdrawal": False,
        **vars(stamp),
    }


def withdrawal(entity: Entity, organization_id: str, object_id: str, stamp: Stamp) -> dict[str, Any]:
    """What is stored of a row that its file no longer has."""
    key = dict(zip(entity.key[1:], orjson.loads(object_id), strict=True))
    return landed_row(entity, organization_id, key, 0, stamp) | {"is_withdrawal": True}
