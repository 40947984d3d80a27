"""How every source lands its rows: one dlt pipeline per organization and source, versions written once."""

from __future__ import annotations

import hashlib
from typing import Any

import dlt

from dlt_pipelines.config import Workspace

# A version that is there already is left as it is: loading the same thing again adds nothing.
INSERT_NEW_VERSIONS: Any = {"disposition": "merge", "strategy": "insert-only"}


def payload_hash(payload: bytes) -> str:
    """SHA-256 of an object as landed, in hexadecimal: the last part of a version's key."""
    return hashlib.sha256(payload).hexdigest()


def pipeline(workspace: Workspace, name: str, dataset: str) -> dlt.Pipeline:
    """The dlt pipeline `name`, which writes into the schema `dataset` of the workspace's database."""
    return dlt.pipeline(
        pipeline_name=name,
        destination=dlt.destinations.duckdb(str(workspace.database)),
        dataset_name=dataset,
        pipelines_dir=str(workspace.pipelines),
        progress=None,
    )


def land(workspace: Workspace, name: str, dataset: str, data: Any) -> None:
    """Runs the pipeline `name` on a source or resources.

    Rows and the source's state (its checkpoint) are committed together; what an earlier, interrupted run had
    already extracted is landed first.
    """
    pipeline(workspace, name, dataset).run(data, loader_file_format="parquet")
