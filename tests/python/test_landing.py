"""What is landed: each version once, and of what has no time of its own also one that is back; streams one by one."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dlt_pipelines.budget import Budget
from dlt_pipelines.errors import ConfigurationError
from dlt_pipelines.sources.extraction import Extraction, Parcel
from dlt_pipelines.sources.landing import keep_new_versions
from dlt_pipelines.sources.reading import ReadingContract, Record, Slice, Stream


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


def test_a_list_that_is_gone_stops_its_own_campaign_alone(tmp_path: Path) -> None:
    def gone(_slice: Slice) -> Iterator[list[Record]]:
        raise ConfigurationError("a campaign names the audience 'gone', which is no list of the account")
        yield []

    def there(_slice: Slice) -> Iterator[list[Record]]:
        yield [Record("o", b"{}", None)]

    now = datetime(2026, 5, 1, tzinfo=UTC)
    contract = ReadingContract(now - timedelta(days=9), timedelta(0), timedelta(0))
    budget = Budget("load", "max_seconds", 60)
    extraction = Extraction("a", "shop", contract, {}, timedelta(days=1), False, now, budget)
    streams = iter([Stream("members", "gone", gone), Stream("members", "there", there)])
    with budget.running():
        parcels = [*extraction.parcels(streams, tmp_path, lambda *_: None, threading.Event())]
    assert [parcel.rows for parcel in parcels if parcel] == [1]
    [error] = extraction.errors
    assert "the audience 'gone'" in error
