"""The loop that sends, over a scripted destination: what is in the ledger when, and that it always ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import count
from typing import Any

import duckdb
import httpx
import pytest

from dlt_pipelines import console, ops
from dlt_pipelines.destinations.base import halves
from dlt_pipelines.destinations.items import Batch, Fault, Item, Outcome, Status
from dlt_pipelines.destinations.ledger import Ledger, RunRecord, Sent, Verdict
from dlt_pipelines.destinations.omnisend.destination import Omnisend
from dlt_pipelines.destinations.sending import Sender, Work
from dlt_pipelines.destinations.settings import DestinationSettings, read_settings
from dlt_pipelines.errors import ProviderError


class Scripted:
    """A destination that does with each batch what a test says."""

    def __init__(self, answer: Callable[[Batch], Outcome]) -> None:
        self.settings: DestinationSettings = read_settings("odp", "acorn", 500, 0.0)
        self.sent: list[tuple[str, ...]] = []
        self._answer = answer

    def send(self, batch: Batch) -> Outcome:
        self.sent.append(tuple(item.sync_key for item in batch.items))
        return self._answer(batch)


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        ops.ensure_tables(opened, "publish_ledger", "publish_runs")
        yield opened


def send(connection: duckdb.DuckDBPyConnection, destination: Scripted, keys: str, size: int) -> RunRecord:
    """Sends a letter each, so many in a batch; gives what was counted."""
    ledger = Ledger(connection, "odp", "acorn", "run")
    record = RunRecord("run", "odp", "acorn", "acorn", "order_events", datetime.now(UTC))
    batch_ids = (f"run-{number:03d}" for number in count())
    items = [Item(key, "hash", b"{}") for key in keys]
    parts = [items[start : start + size] for start in range(0, len(items), size)]
    work = [Work(Batch(next(batch_ids), "order_events", part), [Sent()] * len(part)) for part in parts]
    with console.Activity("Sending") as activity:
        Sender(destination, ledger, record, activity, batch_ids).send_all(lambda _refuse: work)  # type: ignore[arg-type]
    return record


def ledger_rows(connection: duckdb.DuckDBPyConnection) -> dict[str, tuple[Any, ...]]:
    rows = connection.execute("select sync_key, status, error_code, attempts from ops.publish_ledger").fetchall()
    assert len(rows) == len({row[0] for row in rows}), "a row an object"
    return {key: tuple(rest) for key, *rest in rows}


def test_the_ledger_has_a_request_before_it_is_made(connection: duckdb.DuckDBPyConnection) -> None:
    seen: list[set[tuple[Any, ...]]] = []
    reader = connection.cursor()

    def answer(batch: Batch) -> Outcome:
        rows = reader.execute("select status from ops.publish_ledger where batch_id = ?", [batch.batch_id]).fetchall()
        seen.append(set(rows))
        return Outcome(Status.ACCEPTED, 202)

    destination = Scripted(answer)
    object.__setattr__(destination.settings, "concurrency", 1)
    record = send(connection, destination, "abcdefg", 2)
    assert seen == [{("pending",)}] * 4
    assert ledger_rows(connection) == dict.fromkeys("abcdefg", ("accepted", None, 1))
    assert (record.requests, record.sent_rows) == (4, 7)


def test_a_poison_row_is_found_by_halving_and_its_siblings_go_on(connection: duckdb.DuckDBPyConnection) -> None:
    def answer(batch: Batch) -> Outcome:
        if all(item.sync_key != "x" for item in batch.items):
            return Outcome(Status.ACCEPTED, 202)
        if len(batch.items) == 1:
            return Outcome(Status.REJECTED, 400, fault=Fault("http_400", "no"))
        return Outcome(None, 400, again=halves(batch.items))

    record = send(connection, Scripted(answer), "abcdexfg", 8)
    assert ledger_rows(connection) == dict.fromkeys("abcdefg", ("accepted", None, 1)) | {
        "x": ("rejected", "http_400", 1)
    }
    assert (record.sent_rows, record.rejected_rows) == (7, 1)


def test_a_run_that_is_stopped_ends_and_what_was_to_go_again_is_left_to_the_next(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    """Found by a random mix of faults: it waited for ever for what it would not begin any more."""

    def answer(batch: Batch) -> Outcome:
        if "a" in {item.sync_key for item in batch.items} and len(batch.items) > 1:
            return Outcome(None, 400, again=halves(batch.items))
        raise ProviderError("odp of organization acorn: down", 503)

    with pytest.raises(ProviderError, match="down"):
        send(connection, Scripted(answer), "abcd", 2)
    rows = ledger_rows(connection)
    assert {status for status, *_ in rows.values()} == {"rejected"}
    assert {code for _, code, _ in rows.values()} <= {"resend", "not_sent"}


def test_a_job_that_ends_before_the_ledger_knows_of_it_is_confirmed(connection: duckdb.DuckDBPyConnection) -> None:
    """Found by the demo: of both verdicts, told at once, the first one held, and the next run asked about the job."""
    ledger = Ledger(connection, "omnisend", "acorn", "run")
    batch = Batch("run-000", "order_events", [Item(key, "hash", b"{}") for key in "ab"])
    ledger.begin("order_events", [(batch, [Sent()] * 2)])
    taken = Verdict("run-000", Status.ACCEPTED, 201, "job-1")
    ledger.settle([taken, Verdict("run-000", Status.CONFIRMED, 200)])
    assert ledger_rows(connection) == dict.fromkeys("ab", ("confirmed", None, 1))
    assert not ledger.open_jobs()
    [(job,)] = connection.execute("select distinct remote_job_id from ops.publish_ledger").fetchall()
    assert job == "job-1"


@pytest.mark.parametrize("answered", [{}, [], {"batchID": None}], ids=str)
def test_a_batch_that_cannot_be_asked_about_stops_the_run(monkeypatch: pytest.MonkeyPatch, answered: object) -> None:
    monkeypatch.setattr(httpx, "Client", scripted_by(lambda _request: httpx.Response(201, json=answered)))
    monkeypatch.setenv("DESTINATION__OMNISEND__API_KEY", "key")
    with Omnisend("acorn") as destination, pytest.raises(ProviderError, match="omnisend of organization acorn: "):
        destination.send(Batch("run-000", "order_events", [Item("a", "hash", b"{}")]))


def test_pages_of_a_batch_that_come_again_stop_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/items"):
            return httpx.Response(200, json={"items": [], "paging": {"hasMore": True, "cursors": {"after": "x"}}})
        return httpx.Response(200, json={"status": "finished", "errorsCount": 1})

    monkeypatch.setattr(httpx, "Client", scripted_by(answer))
    monkeypatch.setenv("DESTINATION__OMNISEND__API_KEY", "key")
    with Omnisend("acorn") as destination, pytest.raises(ProviderError, match="same next page twice"):
        destination.poll(Batch("run-000", "order_events", []), "job-1")


def scripted_by(answer: Callable[[httpx.Request], httpx.Response]) -> Callable[..., httpx.Client]:
    """What makes clients that are answered by a function."""
    create = httpx.Client
    return lambda **options: create(transport=httpx.MockTransport(answer), **options)
