"""Reads one file of the inbox, row by row, and says precisely what is wrong with it."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, BinaryIO, cast

import pyarrow as pa
import pyarrow.parquet as pq

from dlt_pipelines.errors import InputFileError
from dlt_pipelines.sources.files.entities import Entity

FORMATS = (".csv", ".jsonl", ".parquet")


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


class FileReader:
    """Reads a file of an entity.

    Attributes:
        unknown_columns: Columns met that the entity does not have; they are kept out. Complete after `rows`.
    """

    def __init__(self, path: Path, shown_name: str, entity: Entity) -> None:
        self._path = path
        self._name = shown_name
        self._entity = entity
        self.unknown_columns: dict[str, None] = {}

    def rows(self) -> Iterator[Row]:
        """Yields the rows in file order.

        Raises:
            InputFileError: The file or a row cannot be read; the message names file, line and column, and never
                the value of a column that may hold personal data.
        """
        read = {".csv": self._csv, ".jsonl": self._jsonl, ".parquet": self._parquet}[file_format(self._path) or ""]
        try:
            for number, cells in read():
                yield self._row(number, cells)
        except (OSError, EOFError, gzip.BadGzipFile, pa.ArrowInvalid) as error:
            raise InputFileError(f"{self._name}: the file cannot be read ({type(error).__name__}).") from error
        except UnicodeDecodeError as error:
            raise InputFileError(f"{self._name}: the file is not UTF-8; save it as UTF-8.") from error

    def _open(self) -> BinaryIO:
        return (
            cast("BinaryIO", gzip.open(self._path))
            if self._path.name.lower().endswith(".gz")
            else self._path.open("rb")
        )

    def _csv(self) -> Iterator[tuple[int, dict[str, str]]]:
        with self._open() as raw, io.TextIOWrapper(raw, encoding="utf-8-sig", newline="") as lines:
            reader = csv.reader(lines, strict=True)
            start = 1
            try:
                header = [name.strip() for name in next(reader, [])]
                self._check_header(header)
                start = reader.line_num + 1
                for cells in reader:
                    if cells:
                        if len(cells) != len(header):
                            raise self._error(start, f"{len(cells)} cells where the header has {len(header)} columns")
                        yield start, dict(zip(header, cells, strict=True))
                    start = reader.line_num + 1
            except csv.Error as error:
                raise self._error(start, f"not readable as CSV ({error})") from error

    def _jsonl(self) -> Iterator[tuple[int, dict[str, str]]]:
        with self._open() as lines:
            for number, line in enumerate(lines, start=1):
                if not line.strip():
                    continue
                try:
                    # numbers stay the text they are: money must not pass through a float
                    row = json.loads(line.decode("utf-8-sig"), parse_float=str, parse_int=str)
                except json.JSONDecodeError as error:
                    raise self._error(number, "not readable as a JSON object") from error
                if not isinstance(row, dict):
                    raise self._error(number, "not a JSON object")
                for name, value in row.items():
                    if name in self._entity.columns and isinstance(value, dict):
                        raise self._error(number, f"the column {name} holds an object where a text is expected")
                yield number, {str(name): _as_text(value) for name, value in row.items()}

    def _parquet(self) -> Iterator[tuple[int, dict[str, str]]]:
        with self._open() as raw:
            source = io.BytesIO(raw.read()) if self._path.name.lower().endswith(".gz") else raw
            parquet = pq.ParquetFile(source)
            self._check_header(parquet.schema_arrow.names)
            number = 0
            for batch in parquet.iter_batches(batch_size=20_000):
                for row in batch.to_pylist():
                    number += 1
                    yield number, {name: _as_text(value) for name, value in row.items()}

    def _check_header(self, header: Iterable[str]) -> None:
        names = list(header)
        for name in names:
            if names.count(name) > 1:
                raise self._error(1, f"the column {name!r} stands twice")
        for name in self._entity.columns:
            if name in self._entity.required and name not in names:
                raise self._error(1, f"the required column {name} is missing")

    def _row(self, number: int, cells: dict[str, str]) -> Row:
        values: dict[str, str] = {}
        for name, cell in cells.items():
            parse = self._entity.columns.get(name)
            if parse is None:
                self.unknown_columns[name] = None
                continue
            stripped = cell.strip()
            try:
                # JSON can spell half a character (a lone surrogate), which no UTF-8 can hold
                stripped.encode()
                values[name] = parse(stripped) if stripped else ""
            except UnicodeEncodeError:
                raise self._error(number, f"the column {name} holds half a character") from None
            except ValueError as error:
                raise self._error(number, f"the column {name} {error}") from None
        for name in self._entity.columns:
            if name in self._entity.required and not values.get(name):
                raise self._error(number, f"the required column {name} is {'empty' if name in values else 'missing'}")
        return Row(number, values)

    def _error(self, line: int, problem: str) -> InputFileError:
        where = "row" if file_format(self._path) == ".parquet" else "line"
        return InputFileError(
            f"{self._name}, {where} {line}: {problem}. Nothing of this file was loaded; mend it and load again."
        )


def _as_text(value: Any) -> str:
    """The text that a CSV cell would have held."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list):
        return "|".join(_as_text(item) for item in value)
    return str(value)
