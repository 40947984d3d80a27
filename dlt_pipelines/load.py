"""`matchback load`: the inbox, then each organization from its provider; one that fails never stops the next.

Organizations are read side by side, each within its provider's rate; one writer lands what they bring. Each provider
has threads of its own, and an organization that has had its turn goes to the end of its provider's queue: neither a
slow provider nor a slow organization holds up the others.
"""

from __future__ import annotations

import queue
import shutil
import tempfile
import threading
import time
import uuid
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from dlt_pipelines import console, ops
from dlt_pipelines.budget import Budget, most_seconds
from dlt_pipelines.config import Workspace, general_setting, parse_number
from dlt_pipelines.database import landed_rows, opened_for_writing
from dlt_pipelines.errors import ConfigurationError, MatchbackError
from dlt_pipelines.held_back import found_in_what_was_landed
from dlt_pipelines.organizations import Organization, read_organizations
from dlt_pipelines.sources.extraction import PARCEL_ROWS, Extraction, Parcel
from dlt_pipelines.sources.files.source import load_inbox
from dlt_pipelines.sources.landing import keep_new_versions, land_parcel, later_than_all_loads
from dlt_pipelines.sources.registry import PROVIDERS, SOURCES
from dlt_pipelines.wording import unforeseen

INBOX = "*"
# parcels waiting for the writer; more would only fill the disk
WAITING_PARCELS = 64
WRITER_MEMORY = "400MB"
STALE_AFTER_SECONDS = 86_400
# of one organization while others wait; within it a request goes on to its end
TURN_SECONDS = 60.0
# that are told of one organization and source
MOST_ERRORS = 10


@dataclass
class LoadReport:
    """What a load did.

    Attributes:
        records: A row of `ops.loads` for each organization and source.
        warnings: What was left out on purpose, in words.
        errors: What failed or must be looked at, in words; empty after a good load.
    """

    records: list[ops.LoadRecord] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    @property
    def rows_new(self) -> int:
        """Versions that were new, in all."""
        return sum(record.rows_new for record in self.records)


@dataclass
class _Job:
    """One organization to be read from one source."""

    organization: Organization
    source: str
    audience_ids: list[str]
    settings: Any
    extraction: Extraction
    record: ops.LoadRecord
    reading: Iterator[Parcel | None] = field(default_factory=lambda: iter(()))
    error: str | None = None
    started: float | None = None
    retries: int = 0
    throttled_seconds: float = 0.0


@dataclass(frozen=True)
class _Ended:
    """What an extraction sends last."""

    job: _Job


def load(
    workspace: Workspace,
    only_organization: str | None = None,
    only_source: str | None = None,
    *,
    reconcile: bool = False,
    now: datetime | None = None,
    accepted: Collection[str] = (),
) -> LoadReport:
    """Loads what is new.

    Args:
        workspace: Where to.
        only_organization: Leave the providers of the others out (the inbox is everybody's and always read).
        only_source: `files` or a provider; leave the others out.
        reconcile: Read the longest attribution window anew, for what providers dated back.
        now: Start of the load, aware; None is the clock's.
        accepted: Files of the inbox of which most rows may be gone.

    Raises:
        ConfigurationError: The organizations cannot be read, or one of the two names is unknown.
        MatchbackError: Another process is writing the database.
    """
    organizations = read_organizations(workspace.config)
    chosen = [one for one in organizations if only_organization in (None, one.organization_id)]
    if only_organization and not chosen:
        raise ConfigurationError(
            f"The organization {only_organization!r} is not in {workspace.config}/organizations.csv."
        )
    if only_source not in (None, *PROVIDERS):
        raise ConfigurationError(f"The source {only_source!r} is unknown; it must be one of {', '.join(PROVIDERS)}.")
    report = LoadReport()
    loaded_at = later_than_all_loads(workspace.database, now).replace(tzinfo=UTC)
    run_id = uuid.uuid4().hex
    if only_source in (None, "files"):
        _load_files(workspace, organizations, report, ops.LoadRecord(run_id, INBOX, "files", loaded_at), accepted)
    for organization in chosen:
        _check_provider(organization, report)
    wanted = [
        (organization, source, audience_ids)
        for organization in chosen
        for source, audience_ids in _sources_of(workspace, organization).items()
        if only_source in (None, source)
    ]
    if wanted:
        _load_providers(workspace, wanted, report, ops.LoadRecord(run_id, "", "", loaded_at), reconcile)
        report.warnings += [one.sentence() for one in found_in_what_was_landed(workspace.database, loaded_at)]
    return report


def _load_files(
    workspace: Workspace,
    organizations: list[Organization],
    report: LoadReport,
    record: ops.LoadRecord,
    accepted: Collection[str],
) -> None:
    started = time.monotonic()
    seen: dict[str, int] = {}
    with opened_for_writing(workspace) as connection:
        ops.ensure_tables(connection, "loads")
        ops.begin_loads(connection, [record])

    with console.Activity("Loading files") as activity:

        def progress(name: str, rows: int) -> None:
            activity.count("rows", rows - seen.get(name, 0))
            seen[name] = rows

        outcomes, errors = load_inbox(workspace, organizations, progress, record.started_at, accepted)
    report.errors += [str(error) for error in errors]
    for outcome in outcomes:
        report.errors += outcome.errors
        report.warnings += outcome.warnings
    record.rows_read = sum(outcome.rows for outcome in outcomes)
    record.rows_new = sum(outcome.rows_new for outcome in outcomes)
    record.error = "; ".join(report.errors) or None
    report.records.append(record)
    with opened_for_writing(workspace) as connection:
        _end(connection, record, time.monotonic() - started)


def _check_provider(organization: Organization, report: LoadReport) -> None:
    if organization.takes_orders and organization.provider not in PROVIDERS:
        report.errors.append(
            f"organization {organization.organization_id}: the provider {organization.provider!r} is unknown (known: "
            f"{', '.join(PROVIDERS)}), so no orders were loaded for it. Correct it in organizations.csv."
        )


def _sources_of(workspace: Workspace, organization: Organization) -> dict[str, list[str]]:
    """The sources to read for an organization, each with the audiences to read there."""
    sources: dict[str, list[str]] = {}
    if organization.status == "disabled":
        return sources
    if organization.takes_orders and organization.provider in SOURCES:
        sources[organization.provider] = []
    for provider, audience_id in _named_audiences(workspace, organization.organization_id):
        if provider in SOURCES:
            sources.setdefault(provider, []).append(audience_id)
    return sources


def _named_audiences(workspace: Workspace, organization_id: str) -> list[tuple[Any, ...]]:
    """Every audience that a campaign of the organization names or named; one read in vain does no harm."""
    return landed_rows(
        workspace.database,
        """
        select distinct payload ->> '$.audience_provider', payload ->> '$.audience_id'
        from raw_files.campaigns
        where organization_id = ?
            and (payload ->> '$.audience_provider') <> ''
            and (payload ->> '$.audience_id') <> ''
        order by all
        """,
        [organization_id],
    )


def _load_providers(
    workspace: Workspace,
    wanted: list[tuple[Organization, str, list[str]]],
    report: LoadReport,
    blank: ops.LoadRecord,
    reconcile: bool,
) -> None:
    # held open while the load lasts: nobody else writes meanwhile, and DuckDB need not open and close the file anew
    with opened_for_writing(workspace) as connection:
        # what is landed comes in small parts; the rest of the memory is for reading
        connection.execute(f"set memory_limit = '{WRITER_MEMORY}'")
        ops.ensure_tables(connection, "loads", "reading_state", "source_settings")
        whole = Budget("load", "the setting max_seconds of [load]", most_seconds("load"))
        jobs = list(_planned(connection, wanted, report, blank, reconcile, whole))
        ops.begin_loads(connection, [job.record for job in jobs])
        title = f"Loading {len(jobs)} organizations" if len(jobs) > 1 else f"Loading {wanted[0][0].organization_id}"
        with console.Activity(title) as activity, whole.running():
            _Loading(workspace, connection, jobs, report, activity).run()


def _planned(
    connection: duckdb.DuckDBPyConnection,
    wanted: list[tuple[Organization, str, list[str]]],
    report: LoadReport,
    blank: ops.LoadRecord,
    reconcile: bool,
    whole: Budget,
) -> Iterator[_Job]:
    """A job for each organization and source whose settings are good; the others are errors."""
    states, windows = ops.reading_states(connection), ops.longest_windows(connection)
    for organization, source, audience_ids in wanted:
        name = organization.organization_id
        try:
            settings = SOURCES[source].read_settings(name)
            ops.store_settings(connection, name, source, settings.for_models())
        except Exception as problem:
            error = _told(name, source, problem, "its settings could not be read")
            report.errors.append(error)
            failed = replace(blank, organization_id=name, source=source, error=error)
            report.records.append(failed)
            _end(connection, failed, 0.0)
            continue
        who = f"{source} of organization {name}"
        extraction = Extraction(
            name,
            source,
            settings.contract,
            states.get((name, source), {}),
            windows.get(name, ops.DEFAULT_WINDOW),
            reconcile,
            blank.started_at,
            Budget(who, "its setting max_seconds", settings.contract.max_seconds, whole),
        )
        record = replace(blank, organization_id=name, source=source)
        yield _Job(organization, source, audience_ids, settings, extraction, record)


class _Loading:
    """Extractions side by side, and the one writer."""

    def __init__(
        self,
        workspace: Workspace,
        connection: duckdb.DuckDBPyConnection,
        jobs: list[_Job],
        report: LoadReport,
        activity: console.Activity,
    ) -> None:
        self._workspace, self._connection, self._jobs = workspace, connection, jobs
        self._report, self._activity = report, activity
        self._waiting: queue.Queue[tuple[_Job, Parcel] | _Ended] = queue.Queue(WAITING_PARCELS)
        self._stop = threading.Event()
        self._pools: dict[str, ThreadPoolExecutor] = {}

    def run(self) -> None:
        """Reads and lands everything."""
        self._remove_stale_folders()
        side_by_side = int(
            parse_number(general_setting("load", "parallel_organizations", "8"), "the setting parallel_organizations")
        )
        with (
            tempfile.TemporaryDirectory(dir=self._workspace.pipelines, prefix="spool-") as folder,
            ExitStack() as stack,
        ):
            for source in dict.fromkeys(job.source for job in self._jobs):
                pool = ThreadPoolExecutor(max(side_by_side, 1), thread_name_prefix=f"extract-{source}")
                self._pools[source] = stack.enter_context(pool)
            for job in self._jobs:
                job.reading = self._read(job, Path(folder))
                self._pools[job.source].submit(self._turn, job)
            try:
                self._write()
            except BaseException:
                self._stop.set()
                for pool in self._pools.values():
                    pool.shutdown(wait=False, cancel_futures=True)
                self._drain()
                raise

    def _remove_stale_folders(self) -> None:
        """Removes what killed loads left behind: it holds addresses, and nobody will read it."""
        # ours alone, for the database is open for writing; a file may be read without it, but not for a day
        stale = [*self._workspace.pipelines.glob("spool-*")]
        yesterday = time.time() - STALE_AFTER_SECONDS
        stale += [one for one in self._workspace.pipelines.glob("inbox-*") if one.stat().st_mtime < yesterday]
        for folder in stale:
            shutil.rmtree(folder, ignore_errors=True)

    def _read(self, job: _Job, folder: Path) -> Iterator[Parcel | None]:
        """What is read of one organization, page by page; the connection is open from the first to the last."""
        source, name = SOURCES[job.source], job.organization.organization_id

        def progress(what: str, rows: int, fraction: float) -> None:
            self._activity.count(what, rows)
            self._activity.advance(name + job.source, fraction, len(self._jobs))

        with source.client(name, job.settings) as api:
            api.budget = job.extraction.budget
            try:
                streams = source.streams(job.organization, job.settings, api, job.audience_ids, folder)
                yield from job.extraction.parcels(streams, folder, progress, self._stop)
            finally:
                job.retries, job.throttled_seconds = api.retries, api.throttled_seconds

    def _turn(self, job: _Job) -> None:
        """Reads on from where the last turn ended, in a thread of the provider's."""
        is_over = True
        try:
            is_over = self._go_on(job)
            if is_over:
                self._activity.advance(job.organization.organization_id + job.source, 1.0, len(self._jobs))
        except Exception as problem:  # a bug or a setting that nobody foresaw must not take the others down
            is_over = True
            job.extraction.errors.append(
                _told(job.organization.organization_id, job.source, problem, "it could not be read to its end")
            )
        finally:
            # the writer waits for the end of each
            if is_over:
                self._waiting.put(_Ended(job))
            else:
                self._pools[job.source].submit(self._turn, job)

    def _go_on(self, job: _Job) -> bool:
        """Reads for a turn; whether all is read."""
        begun = time.monotonic()
        job.started = job.started or begun
        with job.extraction.budget.running():
            for parcel in job.reading:
                if parcel is not None:
                    self._waiting.put((job, parcel))
                if time.monotonic() - begun > TURN_SECONDS and not self._stop.is_set():
                    job.extraction.rest()
                    return False
        return True

    def _write(self) -> None:
        ended = 0
        while ended < len(self._jobs):
            messages = self._next_messages()
            parcels = [message for message in messages if not isinstance(message, _Ended)]
            for source in dict.fromkeys(job.source for job, _ in parcels):
                self._land([(job, parcel) for job, parcel in parcels if job.source == source])
            for message in messages:
                if isinstance(message, _Ended):
                    self._finish(message)
                    ended += 1

    def _next_messages(self) -> list[tuple[_Job, Parcel] | _Ended]:
        """What has come by now, at least one message and about a parcel's worth of rows."""
        messages = [self._waiting.get()]
        rows = 0
        while rows < PARCEL_ROWS:
            last = messages[-1]
            rows += 0 if isinstance(last, _Ended) else last[1].rows
            try:
                messages.append(self._waiting.get_nowait())
            except queue.Empty:
                break
        return messages

    def _land(self, parcels: list[tuple[_Job, Parcel]]) -> None:
        """Lands parcels of one source, and stores how far they go once they are landed."""
        self._keep_new_versions(parcels)
        for job, parcel in parcels:
            if job.error:
                # what comes after a gap must not move the checkpoint past it
                continue
            try:
                job.record.rows_new += land_parcel(self._workspace, parcel)
                ops.store_states(self._connection, parcel.organization_id, parcel.source, parcel.states)
            except Exception as problem:
                job.error = _told(parcel.organization_id, parcel.source, problem, "what was read could not be landed")

    def _keep_new_versions(self, parcels: list[tuple[_Job, Parcel]]) -> None:
        """Takes from parcels what is landed already: of all at once, or, where one of them is odd, one by one."""
        try:
            keep_new_versions(self._connection, [parcel for _, parcel in parcels])
        except Exception as problem:
            if len(parcels) == 1:
                ((job, parcel),) = parcels
                job.error = _told(parcel.organization_id, parcel.source, problem, "what was read could not be compared")
                return
            for one in parcels:
                self._keep_new_versions([one])

    def _finish(self, ended: _Ended) -> None:
        job, record = ended.job, ended.job.record
        errors = list(dict.fromkeys([*([job.error] if job.error else []), *job.extraction.errors]))
        if len(errors) > MOST_ERRORS:
            errors[MOST_ERRORS:] = [f"{len(errors) - MOST_ERRORS} other parts could not be read either."]
        record.error = " ".join(errors) or None
        if record.error:
            self._report.errors.append(record.error)
        record.rows_read = job.extraction.rows_read
        record.slice_from, record.slice_to = job.extraction.slice_from, job.extraction.slice_to
        record.retries, record.throttled_seconds = job.retries, job.throttled_seconds
        self._report.records.append(record)
        _end(self._connection, record, time.monotonic() - (job.started or time.monotonic()))

    def _drain(self) -> None:
        """Lets extractions that wait for room in the queue come to their end."""

        def shut_down() -> None:
            for pool in self._pools.values():
                pool.shutdown()

        gone = threading.Thread(target=shut_down, daemon=True)
        gone.start()
        while gone.is_alive():
            try:
                self._waiting.get(timeout=0.1)
            except queue.Empty:
                continue


def _end(connection: duckdb.DuckDBPyConnection, record: ops.LoadRecord, seconds: float) -> None:
    record.duration_seconds = seconds
    record.finished_at = max(datetime.now(UTC), record.started_at)
    ops.end_load(connection, record)


def _told(organization_id: str, source: str, problem: Exception, what: str) -> str:
    """An error in words: its own, or kind and place of one that nobody foresaw."""
    if isinstance(problem, MatchbackError):
        return str(problem)
    return f"{source} of organization {organization_id}: {what} ({unforeseen(problem)}). Please report it."
