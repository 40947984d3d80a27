"""Which versions are landed: each once, and of what has no time of its own also one that is back."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dlt_pipelines.sources.extraction import Parcel
from dlt_pipelines.sources.landing import keep_new_versions
from dlt_pipelines.sources.reading import Stream


def landed_by(connection: duckdb.DuckDBPyConnection, folder: Path, wording: str, day: int, can_return: bool) -> bool:
    """Whether a load lands what a provider says of one object; what it lands is there for the next."""
    row = {"organization_id": "a", "object_id": "o", "payload_hash": wording, "loaded_at": datetime(2026, 5, day)}
    path = folder / f"{day}.parquet"
    pq.write_table(pa.Table.from_pylist([row]), path)
    stream = Stream("members", "members", lambda _slice: iter(()), can_return=can_return)
    parcel = Parcel("a", "shop", {"members": path}, {"members": stream})
    keep_new_versions(connection, [parcel])
    for kept in parcel.files.values():
        connection.execute(f"insert into raw_shop.members from '{kept}'")
    return bool(parcel.files)


@pytest.mark.parametrize(("can_return", "landed"), [(True, "AB.AB.A"), (False, "AB.....")])
def test_an_earlier_wording_that_is_back_is_the_newest_version(tmp_path: Path, can_return: bool, landed: str) -> None:
    with duckdb.connect() as connection:
        connection.execute("create schema raw_shop")
        connection.execute(
            "create table raw_shop.members "
            "(organization_id text, object_id text, payload_hash text, loaded_at timestamp)"
        )
        found = [
            wording if landed_by(connection, tmp_path, wording, day, can_return) else "."
            for day, wording in enumerate("ABBABBA", 1)
        ]
    assert "".join(found) == landed
