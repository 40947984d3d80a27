"""Sends batches, several at a time, and has the ledger say what became of each before the next one takes its place.

One thread writes the ledger; the others make requests. A request's rows are in the ledger before it is made.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

from dlt_pipelines import console
from dlt_pipelines.destinations.base import Destination
from dlt_pipelines.destinations.items import Batch, Fault, Item, Outcome, Status
from dlt_pipelines.destinations.ledger import RESEND, Ledger, RunRecord, Sent
from dlt_pipelines.errors import ProviderError

# jobs that are waited for at a time, so that what is remembered of them stays small
MOST_OPEN_JOBS = 50
# a job is asked about ever more rarely, and after this long it is left to a later run
SLOWEST_POLL_SECONDS, PATIENCE_SECONDS = 30.0, 600.0
SLOWER = 1.5
NOT_SENT = "not_sent"


@dataclass(frozen=True)
class Work:
    """A batch and what the ledger knew of its rows.

    Attributes:
        batch: What to send.
        sent: By `sync_key`.
    """

    batch: Batch
    sent: Mapping[str, Sent]


@dataclass
class _Job:
    """An asynchronous job of the destination."""

    work: Work
    remote_job_id: str
    due: float
    gap: float
    started: float
    is_asked: bool = False


class Sender:
    """Sends one entity of one account."""

    def __init__(
        self,
        destination: Destination,
        ledger: Ledger,
        record: RunRecord,
        activity: console.Activity,
        batch_ids: Iterator[str],
    ) -> None:
        """Counts what it does in `record`; `batch_ids` names requests that have to be made anew."""
        self._destination, self._ledger, self._record = destination, ledger, record
        self._activity, self._batch_ids = activity, batch_ids
        self._again: deque[Work] = deque()
        self._jobs: dict[str, _Job] = {}
        self._futures: dict[Future[Outcome | None], Work] = {}
        self._error: ProviderError | None = None

    def send_all(self, work: Iterable[Work]) -> None:
        """Sends all there is, and waits for what becomes of it.

        Raises:
            ProviderError: Nothing more can be sent. What had been sent is settled.
        """
        upcoming = iter(work)
        with ThreadPoolExecutor(self._destination.settings.concurrency, "publish") as self._pool:
            while True:
                self._ask_about_jobs()
                self._start(upcoming)
                if not self._futures and not self._jobs:
                    break
                done, _ = wait(self._futures, self._seconds_to_next_poll(), FIRST_COMPLETED)
                if not self._futures:
                    time.sleep(max(self._seconds_to_next_poll() or 0.0, 0.0))
                for future in done:
                    self._finish(future)
        if self._error:
            raise self._error

    def settle_open_jobs(self, jobs: Sequence[tuple[str, str, str]]) -> None:
        """Asks what became of jobs of earlier runs. Those that did not end well are to be sent again.

        Args:
            jobs: Batch id, job id and entity.

        Raises:
            ProviderError: Nobody can tell.
        """
        for batch_id, remote_job_id, entity in jobs:
            outcome = self._destination.poll(Batch(batch_id, entity, ()), remote_job_id)
            if outcome is None:
                continue
            is_good = outcome.status is Status.CONFIRMED
            self._ledger.settle(batch_id, Status.CONFIRMED if is_good else Status.PENDING, outcome.http_status)

    def _start(self, upcoming: Iterator[Work]) -> None:
        """Fills the free places with requests, which the ledger has first."""
        starting: list[Work] = []
        busy = sum(batch.batch.batch_id not in self._jobs for batch in self._futures.values())
        while self._error is None and busy + len(starting) < self._destination.settings.concurrency:
            if len(self._jobs) + len(starting) >= MOST_OPEN_JOBS:
                break
            following = self._again.popleft() if self._again else next(upcoming, None)
            if following is None:
                break
            starting.append(following)
        if not starting:
            return
        self._ledger.begin([(one.batch, [one.sent[item.sync_key] for item in one.batch.items]) for one in starting])
        for one in starting:
            self._futures[self._pool.submit(self._destination.send, one.batch)] = one

    def _ask_about_jobs(self) -> None:
        now = time.monotonic()
        for batch_id, job in list(self._jobs.items()):
            if job.is_asked or job.due > now:
                continue
            if self._error or now - job.started > PATIENCE_SECONDS:
                # the ledger has the job's id, and the next run asks
                self._record.waiting_rows += len(job.work.batch.items)
                del self._jobs[batch_id]
                continue
            job.is_asked = True
            asked = self._pool.submit(self._destination.poll, job.work.batch, job.remote_job_id)
            self._futures[asked] = job.work

    def _seconds_to_next_poll(self) -> float | None:
        due = [job.due for job in self._jobs.values() if not job.is_asked]
        return max(min(due) - time.monotonic(), 0.0) if due else None

    def _finish(self, future: Future[Outcome | None]) -> None:
        work = self._futures.pop(future)
        job = self._jobs.get(work.batch.batch_id)
        try:
            outcome = future.result()
        except ProviderError as error:
            self._failed(work, job, error)
            return
        if job is None:
            self._record.requests += 1
        if outcome is None:
            assert job is not None
            job.is_asked, job.gap = False, min(job.gap * SLOWER, SLOWEST_POLL_SECONDS)
            job.due = time.monotonic() + job.gap
        elif outcome.remote_job_id is not None:
            self._ledger.settle(work.batch.batch_id, Status.ACCEPTED, outcome.http_status, outcome.remote_job_id)
            gap, now = self._destination.settings.poll_seconds, time.monotonic()
            self._jobs[work.batch.batch_id] = _Job(work, outcome.remote_job_id, now + gap, max(gap, 0.01), now)
        else:
            self._jobs.pop(work.batch.batch_id, None)
            self._settle(work, outcome)

    def _failed(self, work: Work, job: _Job | None, error: ProviderError) -> None:
        self._error = self._error or error
        if job is not None:
            job.is_asked, job.due = False, 0.0
            return
        # nothing of it arrived, or it does no harm if it did
        self._ledger.settle(work.batch.batch_id, Status.REJECTED, error.status, fault=Fault(NOT_SENT))
        self._ledger.take_back(work.batch.batch_id)

    def _settle(self, work: Work, outcome: Outcome) -> None:
        batch = work.batch
        rows = len(batch.items) - len(outcome.faults) - len(outcome.updates) - sum(map(len, outcome.again))
        status = outcome.status or Status.REJECTED
        fault = outcome.fault if outcome.status else Fault(RESEND)
        self._ledger.settle(batch.batch_id, status, outcome.http_status, fault=fault)
        self._ledger.settle_rows(batch.batch_id, Status.REJECTED, outcome.faults.items(), outcome.http_status)
        if outcome.updates:
            resend = [(item.sync_key, Fault(RESEND)) for item in outcome.updates]
            self._ledger.settle_rows(batch.batch_id, Status.REJECTED, resend, outcome.http_status)
        self._count(status, rows)
        self._record.rejected_rows += len(outcome.faults)
        for items in outcome.again:
            self._queue(work, items, batch.is_update)
        if outcome.updates:
            self._queue(work, outcome.updates, is_update=True)

    def _count(self, status: Status, rows: int) -> None:
        if status in (Status.ACCEPTED, Status.CONFIRMED):
            self._record.sent_rows += rows
            self._activity.count(f"{self._record.entity} sent", rows)
        elif status is Status.UNKNOWN:
            self._record.unknown_rows += rows
        else:
            self._record.rejected_rows += rows

    def _queue(self, work: Work, items: Sequence[Item], is_update: bool) -> None:
        known = {
            item.sync_key: Sent(before.attempts, before.first_sent_at, is_known=True)
            for item in items
            for before in [work.sent[item.sync_key]]
        }
        batch = Batch(next(self._batch_ids), work.batch.entity, list(items), is_update)
        self._again.append(Work(batch, known))
