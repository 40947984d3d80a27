"""Reads one file of the inbox, row by row, and says precisely what is wrong with it."""

from __future__ import annotations

import csv
import gzip
import io
import itertools
import json
import math
import os
import re
import stat
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import singledispatch
from pathlib import Path
from typing import Any, BinaryIO, TextIO, cast
from uuid import UUID

import pyarrow as pa
import pyarrow.parquet as pq

from dlt_pipelines.errors import InputFileError
from dlt_pipelines.sources.files.entities import Entity, NullDateError, UnreadableError, listed, whole

FORMATS = (".csv", ".jsonl", ".parquet")
# characters; a file of one endless line must not fill the memory
LONGEST_ROW = 1_000_000
UNPACKED_AT_ONCE = 1 << 20
PARQUET_BATCH_ROWS = 20_000
LONGEST_NAME = 120
MOST_UNKNOWN_COLUMNS = 20
MEGABYTE = 1 << 20
# the first whole number that a double may have rounded
ROUNDED_FROM = 2**53
UNSIGNED_EXPONENT = re.compile(r"[eE](?=\d)")


@dataclass(frozen=True)
class Row:
    """A row as stated. An absent column is absent; an empty cell is an empty text.

    Attributes:
        number: Line of the file where the row starts, from 1 (of a Parquet file the row's number).
        values: Stored text by column.
    """

    number: int
    values: dict[str, str]


def file_format(path: Path) -> str | None:
    """`.csv`, `.jsonl` or `.parquet`, whether or not `.gz` follows; None for anything else."""
    name = path.name.lower().removesuffix(".gz")
    return next((suffix for suffix in FORMATS if name.endswith(suffix)), None)


def line_word(path: Path) -> str:
    """What the number of a row counts."""
    return "row" if file_format(path) == ".parquet" else "line"


def shown(name: str) -> str:
    """A name as messages show it: printable characters alone, and the middle of a long one left out."""
    printable = "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode() for character in name
    )
    half = LONGEST_NAME // 2
    return printable if len(printable) <= LONGEST_NAME else f"{printable[:half]}…{printable[-half:]}"


class FileReader:
    """Reads a file of an entity.

    Attributes:
        unknown_columns: Columns met that the entity does not have, and how messages show them; they are kept out. No
            more than 20. Complete after `rows`.
        null_dates: How many days that stand for no date were taken as empty, by column. Complete after `rows`.
    """

    def __init__(self, path: Path, shown_name: str, entity: Entity, most_megabytes: int) -> None:
        self._path = path
        self._name = shown_name
        self._entity = entity
        self._required = [name for name in entity.columns if name in entity.required]
        self._most_megabytes = most_megabytes
        # where the row starts that is being read; 0 before the first
        self._at = 0
        self.unknown_columns: dict[str, str] = {}
        self.null_dates: Counter[str] = Counter()

    def rows(self) -> Iterator[Row]:
        """Yields the rows in file order.

        Raises:
            InputFileError: The file or a row cannot be read; the message names file, line and column, and never
                the value of a column.
            MemoryError: The file takes more memory than there may be.
        """
        read = {".csv": self._csv, ".jsonl": self._jsonl, ".parquet": self._parquet}[file_format(self._path) or ""]
        try:
            for self._at, cells in read():
                yield self._row(cells)
        except (InputFileError, MemoryError):
            raise
        except UnicodeDecodeError as error:
            raise InputFileError(f"{self._name}: the file is not UTF-8; save it as UTF-8.") from error
        except Exception as error:  # damaged in a way that only a library knows, and its words may quote the file
            raise InputFileError(f"{self._where()}: the file cannot be read ({type(error).__name__}).") from error

    def _open(self) -> BinaryIO:
        """The file's bytes, unpacked."""
        # what was a file when it was looked at may be a pipe by now, which would wait for a writer
        file = os.fdopen(os.open(self._path, os.O_RDONLY | os.O_NONBLOCK), "rb")
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise InputFileError(f"{self._name}: it is no regular file, so it is not read.")
        if not self._is_packed():
            return file
        unpacked = _Unpacked(file, self._most_megabytes * MEGABYTE, self._too_large())
        return cast("BinaryIO", io.BufferedReader(unpacked, UNPACKED_AT_ONCE))

    def _is_packed(self) -> bool:
        return self._path.name.lower().endswith(".gz")

    def _csv(self) -> Iterator[tuple[int, dict[str, Any]]]:
        with self._open() as raw, io.TextIOWrapper(raw, encoding="utf-8-sig", newline="") as text:
            lines = _Lines(text)
            reader = csv.reader(lines, strict=True)
            start = 1
            try:
                header = [name.strip() for name in next(reader, [])]
                self._check_header(header)
                lines.row_length, start = 0, reader.line_num + 1
                for cells in reader:
                    if cells:
                        if len(cells) != len(header):
                            raise self._error(start, f"{len(cells)} cells where the header has {len(header)} columns")
                        yield start, dict(zip(header, cells, strict=True))
                        lines.row_length = 0
                    start = reader.line_num + 1
            except csv.Error as error:
                raise self._error(start, f"not readable as CSV ({error})") from error
            except _RowTooLongError as error:
                raise self._error(start, str(error)) from error

    def _jsonl(self) -> Iterator[tuple[int, dict[str, Any]]]:
        with self._open() as raw, io.TextIOWrapper(raw, encoding="utf-8-sig", newline="\n") as text:
            lines = _Lines(text)
            for number in itertools.count(1):
                try:
                    line = next(lines, "")
                    # numbers stay the text they are: money must not pass through a float
                    row = json.loads(line, parse_float=_json_number, parse_int=str) if line.strip() else {}
                except _RowTooLongError as error:
                    raise self._error(number, str(error)) from error
                except (json.JSONDecodeError, RecursionError) as error:
                    raise self._error(number, "not readable as a JSON object") from error
                if not isinstance(row, dict):
                    raise self._error(number, "not a JSON object")
                if not line:
                    return
                if line.strip():
                    yield number, row
                    lines.row_length = 0

    def _parquet(self) -> Iterator[tuple[int, dict[str, Any]]]:
        with self._open() as raw, pq.ParquetFile(io.BytesIO(raw.read()) if self._is_packed() else raw) as parquet:
            header = parquet.schema_arrow.names
            self._check_header(header)
            for name in header:
                self._note_unknown(name)
            groups = (parquet.metadata.row_group(number) for number in range(parquet.num_row_groups))
            if sum(group.total_byte_size for group in groups) > self._most_megabytes * MEGABYTE:
                raise self._too_large()
            known = [name for name in header if name in self._entity.columns]
            start = 1
            for batch in parquet.iter_batches(PARQUET_BATCH_ROWS, columns=known):
                names = batch.schema.names
                columns = [self._values(start, name, batch.column(name)) for name in names]
                for number, cells in enumerate(zip(*columns, strict=True), start):
                    yield number, dict(zip(names, cells, strict=True))
                start += batch.num_rows

    def _values(self, start: int, name: str, column: pa.Array) -> list[Any]:
        """The values of a column of Parquet, of rows from `start` on."""
        try:
            values: list[Any] = column.to_pylist()
        except (ValueError, OverflowError, pa.ArrowException):
            for number, value in enumerate(column, start):
                try:
                    value.as_py()
                except (ValueError, OverflowError, pa.ArrowException):
                    raise self._error(number, f"the column {name} holds what no Python value can be") from None
            raise
        return values

    def _check_header(self, header: list[str]) -> None:
        counts = Counter(header)
        for name in self._entity.columns:
            if counts[name] > 1:
                raise self._error(1, f"the column {name!r} stands twice")
        for name in self._required:
            if name not in counts:
                raise self._error(1, f"the required column {name} is missing")

    def _note_unknown(self, name: str) -> None:
        is_known = name in self._entity.columns or name in self.unknown_columns
        if not is_known and len(self.unknown_columns) < MOST_UNKNOWN_COLUMNS:
            self.unknown_columns[name] = shown(name)

    def _row(self, cells: dict[str, Any]) -> Row:
        values: dict[str, str] = {}
        for name, cell in cells.items():
            parse = self._entity.columns.get(name)
            if parse is None:
                self._note_unknown(name)
                continue
            try:
                if isinstance(cell, list) and parse is not listed:
                    raise UnreadableError("holds a list where a text is expected")
                stated = (cell if isinstance(cell, str) else _as_text(cell)).strip()
                # JSON can spell half a character (a lone surrogate), which no UTF-8 can hold
                if not stated.isascii():
                    stated.encode()
                values[name] = parse(stated) if stated else ""
            except ValueError as error:
                values[name] = self._instead_of(name, error)
        for name in self._required:
            if not values.get(name):
                problem = "empty" if name in values else "missing"
                raise self._error(self._at, f"the required column {name} is {problem}")
        return Row(self._at, values)

    def _instead_of(self, name: str, error: ValueError) -> str:
        """What is stored instead of a value that is not taken, where there is such a thing.

        Raises:
            InputFileError: There is none.
        """
        if isinstance(error, NullDateError) and name not in self._entity.dated:
            self.null_dates[name] += 1
            return ""
        # only our own words: those of a library may quote the value
        problem = str(error) if isinstance(error, UnreadableError) else "is not UTF-8"
        if isinstance(error, UnicodeEncodeError):
            problem = "holds half a character"
        raise self._error(self._at, f"the column {name} {problem}") from None

    def _where(self) -> str:
        return f"{self._name}, {line_word(self._path)} {self._at}" if self._at else self._name

    def _error(self, line: int, problem: str) -> InputFileError:
        self._at = line
        return InputFileError(f"{self._where()}: {problem}. Nothing of this file was loaded; mend it and load again.")

    def _too_large(self) -> InputFileError:
        return InputFileError(
            f"{self._name}: it holds more than {self._most_megabytes:,} MB, unpacked, so nothing of it was loaded. "
            "Split it, or raise the setting file_max_mb of [load]."
        )


class _RowTooLongError(ValueError):
    """A row never seems to end."""


class _Lines:
    """The lines of a text, as far as a row may be long.

    Attributes:
        row_length: Characters read of a row and of empty lines before it; whoever reads sets it to 0 where one ends.
    """

    def __init__(self, text: TextIO) -> None:
        self._text = text
        self.row_length = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._text.readline(LONGEST_ROW + 1)
        if not line:
            raise StopIteration
        self.row_length += len(line)
        if self.row_length > LONGEST_ROW:
            raise _RowTooLongError(f"the row has more than {LONGEST_ROW:,} characters")
        return line


class _Unpacked(io.RawIOBase):
    """What a gzip file holds, up to a size: a small file can hold the world."""

    def __init__(self, file: BinaryIO, most_bytes: int, too_large: InputFileError) -> None:
        self._file, self._left, self._too_large = file, most_bytes, too_large
        self._unpacked = gzip.GzipFile(fileobj=file)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        count = self._unpacked.readinto(buffer)
        self._left -= count
        if self._left < 0:
            raise self._too_large
        return count

    def close(self) -> None:
        super().close()
        self._file.close()


def _json_number(number: str) -> str:
    """A number of JSON with a fraction or an exponent; the exponent has a sign, as in a number that is no text."""
    return whole(UNSIGNED_EXPONENT.sub("E+", number))


@singledispatch
def _as_text(value: Any) -> str:
    """The text that a CSV cell would have held.

    Raises:
        UnreadableError: There is none.
        UnicodeDecodeError: Bytes are not UTF-8.
    """
    kind = "an object" if isinstance(value, dict) else "something"
    raise UnreadableError(f"holds {kind} where a text is expected")


@_as_text.register
def _(value: str | int | UUID) -> str:
    return str(value)


@_as_text.register
def _(value: None) -> str:  # noqa: ARG001
    return ""


@_as_text.register
def _(value: bool) -> str:
    return "true" if value else "false"


@_as_text.register
def _(value: float | Decimal) -> str:
    if not math.isfinite(value):
        raise UnreadableError("is not a number")
    if isinstance(value, float) and abs(value) >= ROUNDED_FROM:
        raise UnreadableError("is a floating-point number so large that digits of it are lost; export it as text")
    return whole(str(value) if isinstance(value, float) else format(value, "f"))


@_as_text.register
def _(value: datetime) -> str:
    return (value if value.tzinfo else value.replace(tzinfo=UTC)).isoformat()


@_as_text.register
def _(value: date) -> str:
    return value.isoformat()


@_as_text.register
def _(value: bytes) -> str:
    return value.decode()


@_as_text.register
def _(value: list) -> str:  # type: ignore[type-arg]
    if any(isinstance(item, list) for item in value):
        raise UnreadableError("holds a list in a list")
    return "|".join(_as_text(item) for item in value)
