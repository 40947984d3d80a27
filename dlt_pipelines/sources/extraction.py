"""Reads one organization's streams from its provider into Parquet files, ready to be landed.

Extraction touches no database, so that many organizations are read side by side while one writer lands.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from dlt_pipelines.budget import Budget, TimeUsedUpError
from dlt_pipelines.config import file_name_of
from dlt_pipelines.errors import MatchbackError
from dlt_pipelines.sources.landing import raw_schema
from dlt_pipelines.sources.reading import (
    Missing,
    ReadingContract,
    Record,
    Slice,
    SliceReading,
    Stream,
    StreamState,
    next_slice,
    payload_hash,
)
from dlt_pipelines.wording import unforeseen

# rows in memory at a time, and rows that are landed at a time: what a kill can cost, and what the disk must hold
BATCH_ROWS = 5_000
PARCEL_ROWS = 100_000

Progress = Callable[[str, int, float], None]


@dataclass
class Parcel:
    """Rows of one organization on their way to the writer, and what may be stored once they are landed.

    Attributes:
        organization_id: Whose.
        source: From where.
        files: Parquet file by table.
        streams: A stream of each table, for its columns.
        states: State to store by stream key.
        rows: How many rows in all.
    """

    organization_id: str
    source: str
    files: dict[str, Path] = field(default_factory=dict)
    streams: dict[str, Stream] = field(default_factory=dict)
    states: dict[str, StreamState] = field(default_factory=dict)
    rows: int = 0


@dataclass
class Extraction:
    """One organization's reading of one source.

    Attributes:
        organization_id: Whose.
        source: From where.
        contract: How.
        states: How far each stream was read before, by its key.
        window: The longest attribution window, which a reconcile goes back over.
        reconcile: Whether the user asked for one.
        now: Start of the load, aware.
        budget: How long it may take.
        errors: Why a part could not be read, in words; the others are.
        rows_read: Rows within the slices so far.
        slice_from: Lower end of the widest slice; None before there is one.
        slice_to: Upper end.
    """

    organization_id: str
    source: str
    contract: ReadingContract
    states: dict[str, StreamState]
    window: timedelta
    reconcile: bool
    now: datetime
    budget: Budget
    errors: list[str] = field(default_factory=list)
    rows_read: int = 0
    slice_from: datetime | None = None
    slice_to: datetime | None = None
    _spool: _Spool | None = None

    def parcels(
        self, streams: Iterator[Stream | Missing], folder: Path, progress: Progress, stop: threading.Event
    ) -> Iterator[Parcel | None]:
        """Reads every stream, and gives parcels as they fill; None after any other page, so that others have a turn.

        A stream that cannot be read ends there: `errors` says why, what was read of it is given, and the next stream
        follows. So the next load goes on from there.

        Args:
            streams: What to read, in order.
            folder: Where the Parquet files go; the writer removes them.
            progress: Called with what is read, how many rows more, and how much of the stream's slice is read.
            stop: Set when nobody wants the parcels any more.
        """
        self._spool = spool = _Spool(self, folder)
        try:
            for stream in streams:
                if isinstance(stream, Missing):
                    self.errors.append(str(stream.error))
                else:
                    yield from self._tried(stream, spool, progress, stop)
        except Exception as problem:
            # the time is used up, or what there is to be read cannot even be told
            self.errors.append(self._told(problem))
        yield spool.close()

    def rest(self) -> None:
        """Holds no rows in memory until it is read on."""
        if self._spool:
            self._spool.flush()

    def _tried(
        self, stream: Stream, spool: _Spool, progress: Progress, stop: threading.Event
    ) -> Iterator[Parcel | None]:
        """Reads a stream as far as it goes.

        Raises:
            TimeUsedUpError: None of the following streams can be read either.
        """
        try:
            yield from self._read(stream, spool, progress, stop)
        except TimeUsedUpError:
            raise
        except Exception as problem:  # a bug or an answer nobody foresaw must not take the others down
            self.errors.append(self._told(problem))

    def _told(self, problem: Exception) -> str:
        if isinstance(problem, MatchbackError):
            return str(problem)
        return (
            f"{self.source} of organization {self.organization_id}: an answer could not be understood "
            f"({unforeseen(problem)}); what was read before it is landed. Please report it."
        )

    def _read(
        self, stream: Stream, spool: _Spool, progress: Progress, stop: threading.Event
    ) -> Iterator[Parcel | None]:
        """Reads one stream's slice into the spool, and gives the spool's parcels when they are full."""
        state = self.states.get(stream.key, StreamState())
        part = next_slice(state, self.contract, self.now, self.window, self.reconcile)
        if stream.only_full and not part.is_full_lookback:
            return
        self._widen(part)
        reading = SliceReading(state, part, self.now, stream.is_sorted)
        for page in stream.read(part):
            held = [record for record in page if record.instant is None or part.holds(record.instant)]
            for record in held:
                reading.see(record.instant)
            self.rows_read += len(held)
            spool.add(stream, held)
            spool.states[stream.key] = reading.under_way()
            progress(stream.table.replace("_", " "), len(held), reading.fraction)
            yield spool.close() if spool.rows >= PARCEL_ROWS else None
            self.budget.check()
            if stop.is_set():
                raise TimeUsedUpError(f"{self.source} of organization {self.organization_id}: the load was stopped.")
        spool.states[stream.key] = reading.ended()

    def _widen(self, part: Slice) -> None:
        self.slice_from = min(self.slice_from or part.lower, part.lower)
        self.slice_to = max(self.slice_to or part.upper, part.upper)


class _Spool:
    """Collects records into one Parquet file a table."""

    def __init__(self, extraction: Extraction, folder: Path) -> None:
        self._extraction, self._folder = extraction, folder
        self._parcels = 0
        self._reset()

    def _reset(self) -> None:
        self.rows = 0
        self.states: dict[str, StreamState] = {}
        self._streams: dict[str, Stream] = {}
        self._records: dict[str, list[Record]] = {}
        self._writers: dict[str, pq.ParquetWriter] = {}

    def add(self, stream: Stream, records: list[Record]) -> None:
        """Takes records in."""
        if not records:
            return
        self._streams[stream.table] = stream
        waiting = self._records.setdefault(stream.table, [])
        waiting += records
        self.rows += len(records)
        if len(waiting) >= BATCH_ROWS:
            self._write(stream.table)

    def flush(self) -> None:
        """Writes what is in memory."""
        for table in self._records:
            self._write(table)

    def close(self) -> Parcel:
        """Ends the files and begins anew."""
        self.flush()
        for writer in self._writers.values():
            writer.close()
        parcel = Parcel(
            self._extraction.organization_id,
            self._extraction.source,
            {table: self._path(table) for table in self._writers},
            dict(self._streams),
            dict(self.states),
            self.rows,
        )
        self._parcels += 1
        self._reset()
        return parcel

    def _write(self, table: str) -> None:
        records = self._records[table]
        if not records:
            return
        stream = self._streams[table]
        if table not in self._writers:
            # a fast codec: the file lives for seconds
            self._writers[table] = pq.ParquetWriter(
                self._path(table), raw_schema(stream), compression="lz4", use_dictionary=False
            )
        self._writers[table].write_table(_table(self._extraction, stream, records))
        self._records[table] = []

    def _path(self, table: str) -> Path:
        whose = file_name_of(self._extraction.organization_id)
        return self._folder / f"{self._extraction.source}__{whose}__{table}__{self._parcels}.parquet"


def _table(extraction: Extraction, stream: Stream, records: list[Record]) -> pa.Table:
    """Records as rows of their raw table."""
    count = len(records)
    loaded_at = extraction.now.astimezone(UTC).replace(tzinfo=None)
    columns = [
        [extraction.organization_id] * count,
        [record.object_id for record in records],
        [payload_hash(record.payload) for record in records],
        pa.array([record.payload for record in records], pa.binary()).cast(pa.string()),
        *([record.extra[position] for record in records] for position in range(len(stream.extra_columns))),
        [record.instant.replace(tzinfo=None) if record.instant else None for record in records],
        [loaded_at] * count,
    ]
    return pa.table(columns, schema=raw_schema(stream))
