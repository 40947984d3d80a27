"""One organization's run of `matchback publish`."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from itertools import count
from pathlib import Path
from typing import IO

import duckdb
import orjson
import polars as pl

from dlt_pipelines import console, ops
from dlt_pipelines.budget import Budget
from dlt_pipelines.config import Workspace
from dlt_pipelines.destinations import guards
from dlt_pipelines.destinations import ledger as ledgers
from dlt_pipelines.destinations.base import Destination
from dlt_pipelines.destinations.exposures import Publication
from dlt_pipelines.destinations.items import Batch, Fault, Item, Refusal, Status
from dlt_pipelines.destinations.ledger import Ledger, RunRecord, Sent, Verdict
from dlt_pipelines.destinations.odp import history
from dlt_pipelines.destinations.plan import Choice, Plan
from dlt_pipelines.destinations.planner import plan as batches_of
from dlt_pipelines.destinations.registry import DESTINATIONS
from dlt_pipelines.destinations.sending import Sender, Work
from dlt_pipelines.errors import MatchbackError
from dlt_pipelines.organizations import Organization

# rows that payloads are made of at a time
PART_ROWS = 2_000
NEVER_SENT = Sent()


@dataclass(frozen=True)
class Options:
    """What a person asks for.

    Attributes:
        is_sent: Send; otherwise write what would be sent.
        organizations: These alone; None for all that publish to the tool.
        order_ids: What concerns these orders alone; None for all.
        is_backfill: Also what happened long ago.
        is_first_run: That the ledger is missing is as it should be.
    """

    is_sent: bool = False
    organizations: tuple[str, ...] | None = None
    order_ids: tuple[str, ...] | None = None
    is_backfill: bool = False
    is_first_run: bool = False


@dataclass
class PublishReport:
    """What a run did.

    Attributes:
        records: One per organization and entity.
        decisions: How many rows each has of each decision of the plan, in the same order.
        errors: What went wrong, a sentence each.
        requests_file: Where a dry run wrote its requests.
        requests: How many a dry run would make.
        refusals: Rows that a dry run would not send, by organization, entity, reason and field.
        objections: What would stop or fail a run that sends, found by a dry run, a sentence each.
    """

    records: list[RunRecord] = field(default_factory=list)
    decisions: list[dict[str, int]] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    requests_file: Path | None = None
    requests: int = 0
    refusals: Counter[tuple[str, str, str, str]] = field(default_factory=Counter)
    objections: list[str] = field(default_factory=list)


def new_run_id() -> str:
    """An id that is later than those of earlier runs: by the clock, whatever ages are counted from."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}-{uuid.uuid4().hex[:8]}"


class AccountRun:
    """Publishes for one organization."""

    def __init__(
        self,
        workspace: Workspace,
        connections: tuple[duckdb.DuckDBPyConnection, duckdb.DuckDBPyConnection],
        publication: Publication,
        organization: Organization,
        options: Options,
        now: datetime | None,
        report: PublishReport,
    ) -> None:
        # the ledger is written from one thread while the plan is read in another
        connection, plan_connection = connections
        self._workspace, self._connection = workspace, connection
        self._publication, self._options, self._report = publication, options, report
        self._name = organization.organization_id
        self._now = now or datetime.now(UTC)
        self._destination: Destination = DESTINATIONS[publication.tool](self._name)
        self._settings = self._destination.settings
        self.run_id = new_run_id()
        self._ledger = Ledger(connection, publication.tool, self._settings.account, self.run_id)
        self._plan = Plan(plan_connection, publication.tool, self._settings.account)
        self._batch_ids = (f"{self.run_id}-{number:07d}" for number in count())

    @property
    def most_seconds(self) -> float:
        """How long the organization may publish to the tool in a run."""
        return self._settings.max_seconds

    def send(self, budget: Budget | None = None) -> None:
        """Sends what is new or changed.

        Args:
            budget: For how long requests are begun; None for as long as there are any.

        Raises:
            TimeUsedUpError: There may be more to be sent.
            MatchbackError: It was stopped; what had been sent is in the ledger.
        """
        if not self._options.is_first_run:
            guards.refuse_lost_ledger(self._workspace, self._connection, self._ledger, self._settings)
        entities = self._publication.entities
        self._ledger.interrupted([one for one in entities if not self._destination.is_repeatable(one)])
        with self._destination as destination, console.Activity(f"Publishing {self._name}") as activity:
            destination.client.budget = budget
            for entity in entities:
                record = self._record(entity)
                # the database first: a run that only the outbox knew of would look like a lost ledger
                ledgers.begin_run(self._connection, record)
                guards.remember_run(self._workspace, self._settings, self.run_id)
                try:
                    self._refuse_empty_extract(entity)
                    sender = Sender(destination, self._ledger, record, activity, self._batch_ids, budget)
                    if destination.is_asynchronous:
                        sender.settle_open_jobs([job for job in self._ledger.open_jobs() if job[2] == entity])
                    self._send_entity(entity, record, sender)
                except MatchbackError as error:
                    record.error = str(error)
                    raise
                finally:
                    # a kill leaves the record open, which says that the run was cut off
                    record.finished_at = datetime.now(UTC)
                    ledgers.end_run(self._connection, record)
        guards.judge([one for one in self._report.records if one.run_id == self.run_id], self._settings)

    def write(self, file: IO[bytes]) -> None:
        """Writes the requests that sending would make, and notes what sending would refuse.

        Raises:
            MatchbackError: A guard would stop it.
        """
        with self._objecting():
            if not self._options.is_first_run:
                guards.refuse_lost_ledger(self._workspace, self._connection, self._ledger, self._settings)
        for entity in self._publication.entities:
            self._refuse_empty_extract(entity)
            record = self._record(entity)
            for is_update, items in self._dry_batches(entity, record):
                request = self._destination.request(entity, items, is_update)
                line = {"method": request.method, "path": request.path, "body": orjson.Fragment(request.body)}
                file.write(orjson.dumps(line) + b"\n")
                self._report.requests += 1
                record.requests += 1
                record.sent_rows += len(items)
        with self._objecting():
            guards.judge([one for one in self._report.records if one.run_id == self.run_id], self._settings)

    @contextmanager
    def _objecting(self) -> Iterator[None]:
        """What would stop a run that sends is noted, and the dry run goes on."""
        try:
            yield
        except MatchbackError as error:
            self._report.objections.append(str(error))

    def write_history(self) -> history.HistoryFile | None:
        """Writes what ODP has not of the order events into a file; None where it has all.

        Raises:
            MatchbackError: Too many rows would be rejected.
        """
        entity, model = "order_events", self._publication.model("order_events")
        name = f"{history.PREFIX}_{self._name}_{self.run_id.split('-')[0]}.csv"
        refused: list[Refusal] = []
        known: dict[str, Sent] = {}

        def chunks() -> Iterator[pl.DataFrame]:
            for _ in self._decisions(entity, is_backfill=True):
                refused.extend(Refusal(*row) for row in self._plan.rows("refuse"))
                self._plan.promise()
                for chunk in self._plan.outgoing(model):
                    known.update(_sent(chunk))
                    yield chunk

        file = history.write(self._workspace.outbox / "odp" / name, chunks(), refused)
        self._ledger.refuse(entity, refused)
        if not file.written:
            file.unfinished.unlink()
            return None
        items = [Item(key, payload_hash, b"") for key, payload_hash in file.written]
        # the ledger has them before the file is there under its name, so that none can be uploaded that it knows not of
        with self._ledger.together():
            self._ledger.begin(
                entity, [(Batch(name, entity, items), [known.get(one.sync_key, NEVER_SENT) for one in items])]
            )
            self._ledger.settle([Verdict(name, Status.UNKNOWN, fault=Fault("written_to_file"))])
        file.finish()
        return file

    def _dry_batches(self, entity: str, record: RunRecord) -> Iterator[tuple[bool, list[Item]]]:
        for decisions in self._decisions(entity):
            self._count(decisions, record)
            record.conflict_rows += decisions.get("conflict", 0)
            self._note_refusals(record, [Refusal(*row) for row in self._plan.rows("refuse")])
            self._plan.promise()
            for chunk in self._plan.outgoing(self._publication.model(entity)):
                for is_update, frame in self._by_method(entity, chunk):
                    items, refusals = _split(self._destination.items(entity, frame))
                    self._note_refusals(record, refusals)
                    for batch in self._batches(items):
                        yield is_update, batch

    def _note_refusals(self, record: RunRecord, refusals: Sequence[Refusal]) -> None:
        record.rejected_rows += len(refusals)
        self._report.refusals.update(
            (record.organization_id, record.entity, one.code, one.pointer or "") for one in refusals
        )

    def _send_entity(self, entity: str, record: RunRecord, sender: Sender) -> None:
        for decisions in self._decisions(entity):
            self._count(decisions, record)
            self._note_decided(entity, record)
            # a request's rows are a few hundred: a second thread of the database only takes time from the requests
            self._connection.execute("set threads = 1")
            try:
                sender.send_all(partial(self._work, entity))
            finally:
                self._connection.execute("reset threads")

    def _decisions(self, entity: str, is_backfill: bool = False) -> Iterator[dict[str, int]]:
        """Decides about an entity step by step: each sees what became of the one before."""
        model = self._publication.model(entity)
        goes_back = is_backfill or self._options.is_backfill
        oldest = None if goes_back else ops.naive(self._now - self._settings.backfill_after)
        choice = Choice(
            self._name,
            self._destination.is_immutable(entity),
            self._settings.max_attempts,
            oldest,
            self._options.order_ids,
        )
        for step in self._plan.send_orders(model, self._name):
            yield self._plan.decide(model, step, choice)

    def _count(self, decisions: dict[str, int], record: RunRecord) -> None:
        self._report.decisions[-1] = {
            name: self._report.decisions[-1].get(name, 0) + decisions.get(name, 0)
            for name in self._report.decisions[-1].keys() | decisions.keys()
        }
        record.unchanged_rows += decisions.get("unchanged", 0) + decisions.get("settled", 0)
        record.waiting_rows += decisions.get("waiting", 0) + decisions.get("too_old", 0)

    def _note_decided(self, entity: str, record: RunRecord) -> None:
        """Puts into the ledger what needs no request."""
        refused = [Refusal(key, payload_hash, reason) for key, payload_hash, reason in self._plan.rows("refuse")]
        carried = [Refusal(key, payload_hash, ledgers.CARRIED) for key, payload_hash, _ in self._plan.rows("carried")]
        conflicts = [key for key, *_ in self._plan.rows("conflict")]
        with self._ledger.together():
            self._ledger.refuse(entity, refused)
            self._ledger.refused_again([key for key, *_ in self._plan.rows("refused_before")])
            self._ledger.refuse(entity, carried, Status.ACCEPTED)
            self._ledger.mark(conflicts, Status.CONFLICT, "changed_after_sending")
            self._ledger.mark([key for key, *_ in self._plan.rows("settled")], Status.ACCEPTED, None)
        record.rejected_rows += len(refused)
        record.conflict_rows += len(conflicts)

    def _work(self, entity: str, refuse: Callable[[Sequence[Refusal]], None]) -> Iterator[Work]:
        for chunk in self._plan.outgoing(self._publication.model(entity)):
            sent = _sent(chunk)
            for is_update, frame in self._by_method(entity, chunk):
                for batch in self._batches(self._items(entity, frame, refuse)):
                    known = [sent.get(item.sync_key, NEVER_SENT) for item in batch]
                    yield Work(Batch(next(self._batch_ids), entity, batch, is_update), known)

    def _items(self, entity: str, frame: pl.DataFrame, refuse: Callable[[Sequence[Refusal]], None]) -> Iterator[Item]:
        """What is to be sent of a chunk, made a part at a time while what came before is under way."""
        for part in frame.iter_slices(PART_ROWS):
            items, refusals = _split(self._destination.items(entity, part))
            refuse(refusals)
            yield from items

    def _by_method(self, entity: str, chunk: pl.DataFrame) -> Iterator[tuple[bool, pl.DataFrame]]:
        """A chunk as it is, or what is new at the destination and what is there in two parts."""
        if not self._destination.tells_updates(entity):
            yield False, chunk
            return
        yield False, chunk.filter(~pl.col("is_there").fill_null(value=False))
        yield True, chunk.filter(pl.col("is_there").fill_null(value=False))

    def _batches(self, items: Iterable[Item]) -> Iterator[list[Item]]:
        return batches_of(items, self._settings.batch_size, self._destination.envelope)

    def _record(self, entity: str) -> RunRecord:
        record = RunRecord(
            self.run_id, self._publication.tool, self._settings.account, self._name, entity, datetime.now(UTC)
        )
        self._report.records.append(record)
        self._report.decisions.append({})
        return record

    def _refuse_empty_extract(self, entity: str) -> None:
        has_rows = bool(self._plan.send_orders(self._publication.model(entity), self._name))
        guards.refuse_empty_extract(self._ledger, self._settings, entity, has_rows)


def _split(found: Sequence[Item | Refusal]) -> tuple[list[Item], list[Refusal]]:
    items = [one for one in found if isinstance(one, Item)]
    return items, [one for one in found if isinstance(one, Refusal)]


def _sent(chunk: pl.DataFrame) -> dict[str, Sent]:
    """What the ledger knew of the rows of a chunk that it knew, by key."""
    columns = chunk.filter(pl.col("is_known")).select("sync_key", "attempts", "first_sent_at")
    return {key: Sent(attempts, first_sent_at, is_known=True) for key, attempts, first_sent_at in columns.iter_rows()}
