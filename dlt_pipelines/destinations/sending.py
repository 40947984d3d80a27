"""Sends batches, several at a time, and has the ledger say what became of each.

Requests are made by a pool of threads, and the ledger is written by one more, so that neither waits for the payloads,
which are made here meanwhile. A request's rows are in the ledger before it is made.
"""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from typing import Any

from dlt_pipelines import console
from dlt_pipelines.budget import Budget, TimeUsedUpError
from dlt_pipelines.destinations.base import Destination
from dlt_pipelines.destinations.items import Batch, Fault, Item, Outcome, Refusal, Status
from dlt_pipelines.destinations.ledger import RESEND, Ledger, RunRecord, Sent, Verdict
from dlt_pipelines.errors import MatchbackError, ProviderError
from dlt_pipelines.wording import unforeseen

# jobs that are waited for at a time, so that what is remembered of them stays small
MOST_OPEN_JOBS = 50
# a job is asked about ever more rarely, and after this long it is left to a later run
SLOWEST_POLL_SECONDS, PATIENCE_SECONDS = 30.0, 600.0
SLOWER = 1.5
# how many times as many requests as are made at a time the ledger has
AHEAD = 4
# how often a run sends the same objects whose job the destination forgot
MOST_RETURNS = 10
NOT_SENT, NOT_UNDERSTOOD = "not_sent", "answer_not_understood"


@dataclass(frozen=True)
class Work:
    """A batch and what the ledger knew of its rows.

    Attributes:
        batch: What to send.
        sent: Of each of its items, in their order.
        returns: How often the same objects came back whole, to be sent again.
    """

    batch: Batch
    sent: Sequence[Sent]
    returns: int = 0


@dataclass
class _Job:
    """An asynchronous job of the destination."""

    work: Work
    remote_job_id: str
    due: float
    gap: float
    started: float
    is_asked: bool = False


@dataclass
class _Note:
    """What the ledger is to be told next.

    Attributes:
        verdicts: What became of requests.
        faults: Rows of a request that were refused: batch id, keys with the reason, and what was answered.
        taken_back: Requests that cannot have arrived.
        refusals: Rows that are not sent.
        starting: Requests that are made once the ledger has them.
    """

    verdicts: list[Verdict] = field(default_factory=list)
    faults: list[tuple[str, list[tuple[str, Fault]], int | None]] = field(default_factory=list)
    taken_back: list[str] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    starting: list[Work] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.verdicts or self.refusals or self.starting)


class Sender:
    """Sends one entity of one account."""

    def __init__(
        self,
        destination: Destination,
        ledger: Ledger,
        record: RunRecord,
        activity: console.Activity,
        batch_ids: Iterator[str],
        budget: Budget | None = None,
    ) -> None:
        """Counts what it does in `record`; `batch_ids` names requests made anew; `budget` says how long any begin."""
        self._destination, self._ledger, self._record = destination, ledger, record
        self._budget = budget
        self._activity, self._batch_ids = activity, batch_ids
        settings = destination.settings
        # where nobody limits the rate, the next requests are in the ledger while the others are under way
        self._places = settings.concurrency * (1 if settings.per_second else AHEAD)
        self._note = _Note()
        self._noting: Future[list[Work]] | None = None
        self._noted: list[Work] = []
        self._again: deque[Work] = deque()
        self._jobs: dict[str, _Job] = {}
        self._sending: dict[Future[Any], Work] = {}
        self._polling: dict[Future[Any], _Job] = {}
        self._is_over = False
        self._error: MatchbackError | None = None

    def send_all(self, make_work: Callable[[Callable[[Sequence[Refusal]], None]], Iterable[Work]]) -> None:
        """Sends all there is, and waits for what becomes of it.

        Args:
            make_work: Gives the work; it is given what takes the rows that are not sent.

        Raises:
            MatchbackError: Nothing more can be sent, or the time is used up. What had been sent is settled.
        """
        upcoming = iter(make_work(self._refuse))
        self._is_over = False
        concurrency = self._destination.settings.concurrency
        with ThreadPoolExecutor(concurrency, "publish") as self._pool, ThreadPoolExecutor(1, "ledger") as self._clerk:
            while True:
                self._look_at_the_clock()
                self._prepare(upcoming)
                self._tell_the_ledger()
                self._ask_about_jobs()
                if self._is_idle():
                    break
                self._wait()
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
            if outcome is not None:
                is_there = outcome.status is Status.CONFIRMED
                verdict = Verdict(batch_id, Status.CONFIRMED if is_there else Status.REJECTED, outcome.http_status)
                self._ledger.settle([verdict if is_there else replace(verdict, fault=Fault(RESEND))])

    def _refuse(self, refusals: Sequence[Refusal]) -> None:
        self._note.refusals += refusals
        self._record.rejected_rows += len(refusals)

    def _look_at_the_clock(self) -> None:
        """Begins nothing more once the time is used up."""
        try:
            if self._budget and not self._error:
                self._budget.check()
        except TimeUsedUpError as error:
            self._error = error

    def _prepare(self, upcoming: Iterator[Work]) -> None:
        """Makes the requests of the free places ready."""
        while not self._error and self._taken_places() < self._places:
            try:
                following = self._again.popleft() if self._again else None if self._is_over else next(upcoming, None)
            except Exception as problem:
                # what is under way is settled first
                self._error = self._unforeseen(problem, "the rows could not be made into requests")
                return
            if following is None:
                self._is_over = True
                return
            self._note.starting.append(following)

    def _taken_places(self) -> int:
        # while the ledger is told of requests, they have places already
        noted = len(self._noted) if self._noting else 0
        return len(self._sending) + noted + len(self._note.starting) + max(len(self._jobs) - MOST_OPEN_JOBS, 0)

    def _tell_the_ledger(self) -> None:
        if self._noting is None and self._note:
            told, self._note = self._note, _Note()
            self._noted = told.starting
            self._noting = self._clerk.submit(self._write, told)

    def _write(self, told: _Note) -> list[Work]:
        """Writes to the ledger; what became of requests first, for rows of theirs may be about to go again."""
        with self._ledger.together():
            self._ledger.settle(told.verdicts)
            for batch_id, faults, http_status in told.faults:
                self._ledger.settle_rows(batch_id, faults, http_status)
            for batch_id in told.taken_back:
                self._ledger.take_back(batch_id)
            self._ledger.refuse(self._record.entity, told.refusals)
            self._ledger.begin(self._record.entity, [(one.batch, one.sent) for one in told.starting])
        return told.starting

    def _is_idle(self) -> bool:
        # after an error nothing is begun any more: what was to go again is in the ledger as such
        is_left = bool(self._again) and self._error is None
        return not (self._noting or self._note or is_left or self._sending or self._polling or self._jobs)

    def _wait(self) -> None:
        """Waits for whatever happens first, and takes it in."""
        waited_for = [*self._sending, *self._polling, *([self._noting] if self._noting else [])]
        due = [job.due for job in self._jobs.values() if not job.is_asked]
        seconds = max(min(due) - time.monotonic(), 0.0) if due else None
        if self._budget and not self._error:
            seconds = max(min(self._budget.left(), math.inf if seconds is None else seconds), 0.0)
        seconds = None if seconds == math.inf else seconds
        if not waited_for:
            time.sleep(seconds or 0.0)
            return
        done, _ = wait(waited_for, seconds, FIRST_COMPLETED)
        for future in done:
            if future is self._noting:
                self._noting = None
                for work in future.result():
                    self._sending[self._pool.submit(self._destination.send, work.batch)] = work
            elif future in self._sending:
                self._take_answer(self._sending.pop(future), future)
            else:
                self._take_poll(self._polling.pop(future), future)

    def _take_answer(self, work: Work, future: Future[Outcome]) -> None:
        try:
            outcome = future.result()
        except MatchbackError as error:
            self._error = self._error or error
            # nothing of it arrived, or it does no harm if it did
            answered = error.status if isinstance(error, ProviderError) else None
            verdict = Verdict(work.batch.batch_id, Status.REJECTED, answered, fault=Fault(NOT_SENT))
            self._note.verdicts.append(verdict)
            self._note.taken_back.append(work.batch.batch_id)
            return
        except Exception as problem:
            self._error = self._error or self._unforeseen(problem, "an answer could not be understood")
            # it may have arrived
            is_repeatable = self._destination.is_repeatable(work.batch.entity)
            status = Status.REJECTED if is_repeatable else Status.UNKNOWN
            outcome = Outcome(status, fault=Fault(NOT_UNDERSTOOD))
        self._record.requests += 1
        if outcome.remote_job_id is None:
            self._settle(work, outcome)
            return
        accepted = Verdict(work.batch.batch_id, Status.ACCEPTED, outcome.http_status, outcome.remote_job_id)
        self._note.verdicts.append(accepted)
        gap, now = self._destination.settings.poll_seconds, time.monotonic()
        self._jobs[work.batch.batch_id] = _Job(work, outcome.remote_job_id, now + gap, max(gap, 0.01), now)

    def _ask_about_jobs(self) -> None:
        now = time.monotonic()
        for batch_id, job in list(self._jobs.items()):
            if job.is_asked or (job.due > now and not self._error):
                continue
            if self._error or now - job.started > PATIENCE_SECONDS:
                # the ledger has the job's id, and the next run asks
                self._record.waiting_rows += len(job.work.batch.items)
                del self._jobs[batch_id]
                continue
            job.is_asked = True
            self._polling[self._pool.submit(self._destination.poll, job.work.batch, job.remote_job_id)] = job

    def _take_poll(self, job: _Job, future: Future[Outcome | None]) -> None:
        job.is_asked = False
        try:
            outcome = future.result()
        except MatchbackError as error:
            self._error = self._error or error
            return
        except Exception as problem:
            self._error = self._error or self._unforeseen(problem, "an answer could not be understood")
            return
        if outcome is None:
            job.gap = min(job.gap * SLOWER, SLOWEST_POLL_SECONDS)
            job.due = time.monotonic() + job.gap
            return
        del self._jobs[job.work.batch.batch_id]
        self._settle(job.work, outcome)

    def _settle(self, work: Work, outcome: Outcome) -> None:
        batch = work.batch
        status = outcome.status or Status.REJECTED
        fault = outcome.fault if outcome.status else Fault(RESEND)
        self._note.verdicts.append(Verdict(batch.batch_id, status, outcome.http_status, fault=fault))
        faults = [*outcome.faults.items(), *((item.sync_key, Fault(RESEND)) for item in outcome.updates)]
        if faults:
            self._note.faults.append((batch.batch_id, faults, outcome.http_status))
        # a batch that always comes back whole is left to the next run; one that comes back in parts ends by itself
        again = [one for one in outcome.again if len(one) < len(batch.items) or work.returns < MOST_RETURNS]
        self._count(status, len(batch.items) - len(faults) - sum(map(len, again)))
        self._record.rejected_rows += len(outcome.faults)
        for items in again:
            self._queue(work, items, batch.is_update)
        if outcome.updates:
            self._queue(work, outcome.updates, is_update=True)

    def _unforeseen(self, problem: Exception, what: str) -> MatchbackError:
        """An error that nobody foresaw, in words."""
        who = self._destination.settings.who
        return MatchbackError(
            f"{who}: {what} ({unforeseen(problem)}). The ledger says what was sent. Please report it."
        )

    def _count(self, status: Status, rows: int) -> None:
        if status in (Status.ACCEPTED, Status.CONFIRMED):
            self._record.sent_rows += rows
            self._activity.count(f"{self._record.entity} sent", rows)
        elif status is Status.UNKNOWN:
            self._record.unknown_rows += rows
        else:
            self._record.rejected_rows += rows

    def _queue(self, work: Work, items: Sequence[Item], is_update: bool) -> None:
        sent = dict(zip((item.sync_key for item in work.batch.items), work.sent, strict=True))
        again = [replace(sent[item.sync_key], is_known=True) for item in items]
        batch = Batch(next(self._batch_ids), work.batch.entity, list(items), is_update)
        self._again.append(Work(batch, again, work.returns + 1))
