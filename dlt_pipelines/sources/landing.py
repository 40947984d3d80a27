"""How every source lands its rows: one dlt pipeline per organization and source, versions written once."""

from __future__ import annotations

import hashlib
import shutil
from typing import Any

import dlt
import pyarrow as pa
from dlt.pipeline.exceptions import PipelineStepFailed

from dlt_pipelines.config import Workspace
from dlt_pipelines.errors import MatchbackError

# A version that is there already is left as it is: loading the same thing again adds nothing.
INSERT_NEW_VERSIONS: Any = {"disposition": "merge", "strategy": "insert-only"}


def payload_hash(payload: bytes) -> str:
    """SHA-256 of an object as landed, in hexadecimal: the last part of a version's key."""
    return hashlib.sha256(payload).hexdigest()


def utc_columns(schema: pa.Schema) -> Any:
    """Dlt's hints for the times of a schema: UTC without a zone, as the models read them."""
    return {
        column.name: {"data_type": "timestamp", "timezone": False}
        for column in schema
        if pa.types.is_timestamp(column.type)
    }


def land(workspace: Workspace, name: str, dataset: str, data: Any) -> None:
    """Runs the pipeline `name` on resources, into the schema `dataset` of the workspace's database.

    Rows and the source's state (its checkpoint) are committed together in the database, which alone is believed:
    where an earlier run was cut off, what it left in the pipeline's folder is thrown away and read again.

    Raises:
        MatchbackError: The source's own, or a sentence about what went wrong while landing.
    """
    # dlt would go on with a half-written package, or with a checkpoint whose rows were never landed
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
