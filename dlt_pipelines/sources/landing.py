"""How every source lands its rows: one dlt pipeline per organization and source, versions written once."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dlt
import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from dlt.pipeline.exceptions import PipelineStepFailed

from dlt_pipelines.config import Workspace, file_name_of
from dlt_pipelines.database import landed_rows
from dlt_pipelines.errors import MatchbackError

if TYPE_CHECKING:
    from dlt_pipelines.sources.extraction import Parcel
    from dlt_pipelines.sources.reading import Stream

# A version that is there already is left as it is: loading the same thing again adds nothing.
INSERT_NEW_VERSIONS: Any = {"disposition": "merge", "strategy": "insert-only"}
# gives memory back once a batch is landed, which Arrow's own pool keeps
pa.set_memory_pool(pa.system_memory_pool())

VERSION_KEY = ("organization_id", "object_id", "payload_hash")


def later_than_all_loads(database: Path, started_at: datetime | None = None) -> datetime:
    """The time to land rows under: the start of the load, or just after the newest load where the clock went back.

    Builds look for what is newer than the newest they have seen, so no load may be older than one before it.

    Args:
        database: The workspace's.
        started_at: Start of the load, aware; None is the clock's.

    Returns:
        UTC without a zone.
    """
    wanted = (started_at or datetime.now(UTC)).astimezone(UTC).replace(tzinfo=None)
    newest: list[datetime] = [
        found[0][0]
        for table, column in (("ops.loads", "started_at"), ("raw_files.files", "loaded_at"))
        if (found := landed_rows(database, f"select max({column}) from {table} where {column} <> ?", [wanted]))
        and found[0][0] is not None
    ]
    return max([wanted, *(one + timedelta(microseconds=1) for one in newest)])


def utc_columns(schema: pa.Schema) -> Any:
    """Dlt's hints for the times of a schema: UTC without a zone, as the models read them."""
    return {
        column.name: {"data_type": "timestamp", "timezone": False}
        for column in schema
        if pa.types.is_timestamp(column.type)
    }


def raw_schema(stream: Stream) -> pa.Schema:
    """The columns of a stream's raw table: key, payload, its own, the provider's time, ours. Times are UTC."""
    return pa.schema(
        [
            *((name, pa.string()) for name in (*VERSION_KEY, "payload")),
            *stream.extra_columns.items(),
            (stream.time_column, pa.timestamp("us")),
            ("loaded_at", pa.timestamp("us")),
        ]
    )


def keep_new_versions(connection: duckdb.DuckDBPyConnection, parcels: list[Parcel]) -> None:
    """Takes from the files of one source's parcels every version that is landed already, so none is written twice.

    Only one writer may do so at a time: what is new is decided before it is written.

    Args:
        connection: To the workspace's database, held open while the load lasts.
        parcels: Of one source. A file without a new version is dropped from its parcel.
    """
    for table in sorted({table for parcel in parcels for table in parcel.files}):
        _keep_new_versions(connection, f"raw_{parcels[0].source}", table, parcels)


def land_parcel(workspace: Workspace, parcel: Parcel) -> int:
    """Lands what is left of a parcel; its files are gone afterwards.

    Returns:
        How many rows.

    Raises:
        MatchbackError: The pipeline failed.
    """
    counts = {table: pq.read_metadata(path).num_rows for table, path in parcel.files.items()}
    resources = [_import(parcel, table, path, counts[table]) for table, path in parcel.files.items()]
    if resources:
        land(workspace, f"{parcel.source}__{file_name_of(parcel.organization_id)}", f"raw_{parcel.source}", resources)
    for path in parcel.files.values():
        path.unlink(missing_ok=True)
    return sum(counts.values())


def _keep_new_versions(connection: duckdb.DuckDBPyConnection, dataset: str, table: str, parcels: list[Parcel]) -> None:
    """Takes from the files of a table what the database has already, or what an earlier file of the batch has."""
    files = {str(parcel.files[table]): parcel for parcel in parcels if table in parcel.files}
    known = _has_table(connection, dataset, table)
    can_return = any(parcel.streams[table].can_return for parcel in files.values())
    landed = f"{dataset}.{table}"
    if can_return:
        # of what has no time of its own, an earlier wording that is back is news
        landed = f"""(
            from {landed}
            semi join read_parquet($files) as read using (organization_id, object_id)
            qualify loaded_at = max(loaded_at) over (partition by organization_id, object_id)
        )"""
    unknown_yet = (
        f"""
        where not exists (
            from {landed} as landed
            where landed.organization_id = files.organization_id
                and landed.object_id = files.object_id
                and landed.payload_hash = files.payload_hash
        )
        """
        if known
        else ""
    )
    connection.execute(
        f"""
        create or replace temp table new_versions as
        select
            min_by(filename, (filename, file_row_number)) as filename,
            min_by(file_row_number, (filename, file_row_number)) as file_row_number
        from read_parquet($files, filename = true, file_row_number = true) as files
        {unknown_yet}
        group by organization_id, object_id, payload_hash
        """,
        {"files": list(files)},
    )
    counts = dict(connection.execute("select filename, count(*) from new_versions group by filename").fetchall())
    for name, parcel in files.items():
        if counts.get(name, 0) == 0:
            parcel.files.pop(table).unlink()
        elif counts[name] < pq.read_metadata(name).num_rows:
            parcel.files[table] = _filtered(connection, Path(name))


def _filtered(connection: duckdb.DuckDBPyConnection, path: Path) -> Path:
    """A copy of a file with its new versions alone; the file itself is removed."""
    kept = path.with_suffix(".new.parquet")
    connection.execute(
        f"""
        copy (
            select files.* exclude (file_row_number)
            from read_parquet('{_quoted(path)}', file_row_number = true) as files
            semi join new_versions
                on new_versions.filename = '{_quoted(path)}'
                and new_versions.file_row_number = files.file_row_number
        ) to '{_quoted(kept)}' (format parquet, codec lz4)
        """
    )
    path.unlink()
    return kept


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


def _has_table(connection: duckdb.DuckDBPyConnection, dataset: str, table: str) -> bool:
    found = connection.execute(
        "select 1 from information_schema.tables where table_schema = ? and table_name = ?", [dataset, table]
    )
    return found.fetchone() is not None


def _import(parcel: Parcel, table: str, path: Path, count: int) -> Any:
    """A dlt resource that hands a Parquet file over as it is."""

    def rows() -> Any:
        yield dlt.mark.with_file_import(str(path), "parquet", count)

    hints: Any = {
        column.name: {"data_type": "timestamp", "timezone": False}
        if pa.types.is_timestamp(column.type)
        else {"data_type": "text"}
        for column in raw_schema(parcel.streams[table])
    }
    return dlt.resource(rows, name=table, write_disposition="append", columns=hints)


def land(workspace: Workspace, name: str, dataset: str, data: Any) -> None:
    """Runs the pipeline `name` on resources, into the schema `dataset` of the workspace's database.

    The database alone is believed: where an earlier run was cut off, what it left in the pipeline's folder is
    thrown away and read again.

    Raises:
        MatchbackError: The source's own, or a sentence about what went wrong while landing.
    """
    # dlt would go on with a half-written package
    unfinished = workspace.pipelines / f"{name}.unfinished"
    if unfinished.exists():
        shutil.rmtree(workspace.pipelines / name, ignore_errors=True)
    unfinished.touch()
    try:
        dlt.pipeline(
            pipeline_name=name,
            destination=dlt.destinations.duckdb(str(workspace.database)),
            dataset_name=dataset,
            pipelines_dir=str(workspace.pipelines),
        ).run(data, loader_file_format="parquet")
        unfinished.unlink()
    except PipelineStepFailed as error:
        cause: BaseException | None = error
        while cause is not None:
            if isinstance(cause, MatchbackError):
                raise cause from None
            innermost, cause = cause, cause.__cause__ or cause.__context__
        # the innermost text may quote a row, so only its kind is shown
        raise MatchbackError(
            f"The pipeline {name} failed while it was at the step {error.step} ({type(innermost).__name__}). Nothing "
            "of this step was committed; load again, and report it if it stays."
        ) from error
