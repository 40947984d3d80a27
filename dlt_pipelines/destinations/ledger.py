"""The publish ledger: what each destination was sent, and what became of it. Written around every request.

Rows of one request have one `batch_id`, and later requests have later ones, so that a request's rows are found at the
table's end and not by a look through all of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import duckdb
import pyarrow as pa

from dlt_pipelines import ops
from dlt_pipelines.destinations.items import Batch, Fault, Refusal, Status

LEDGER, RUNS = "publish_ledger", "publish_runs"
# what `--resolve resend` leaves behind, so that the next run sends it
RESEND = "resend"
CARRIED = "carried_by_cancellation"
TAKEN = (Status.ACCEPTED, Status.CONFIRMED, Status.CONFLICT)


@dataclass(frozen=True)
class Sent:
    """What the ledger knew of a row before it is sent again.

    Attributes:
        attempts: How often this payload was sent.
        first_sent_at: UTC without a zone; None where it never was.
        is_known: Whether it has a row.
    """

    attempts: int = 0
    first_sent_at: datetime | None = None
    is_known: bool = False


@dataclass(frozen=True)
class Verdict:
    """What became of all rows of a request.

    Attributes:
        batch_id: Which.
        status: Theirs from now on.
        http_status: What was answered.
        remote_job_id: The destination's id of the request; None leaves the one that is noted.
        fault: Why, where it is no good one.
    """

    batch_id: str
    status: Status
    http_status: int | None = None
    remote_job_id: str | None = None
    fault: Fault | None = None


class Ledger:
    """The rows of one account."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, destination: str, account: str, run_id: str) -> None:
        """Rows that this writes bear `run_id`."""
        self._connection = connection
        self._account = [destination, account]
        self._run_id = run_id

    @contextmanager
    def together(self) -> Iterator[None]:
        """What is noted inside is noted all at once, or not at all."""
        self._connection.execute("begin")
        try:
            yield
        except BaseException:
            self._connection.execute("rollback")
            raise
        self._connection.execute("commit")

    def begin(self, entity: str, batches: Sequence[tuple[Batch, Sequence[Sent]]]) -> None:
        """Notes requests that are about to be made, before they are."""
        if not batches:
            return
        now = naive_now()
        known = [before for _, sent in batches for before in sent]
        keys = [item.sync_key for batch, _ in batches for item in batch.items]
        is_new = not any(before.is_known for before in known)
        if not is_new:
            self._delete([key for key, before in zip(keys, known, strict=True) if before.is_known])
        # lists as parameters: to hand over a table takes twice as long
        self._connection.execute(
            """
            insert into ops.publish_ledger by name
            select
                $1 as destination, $2 as account, $3 as entity, unnest($4::varchar[]) as sync_key,
                unnest($5::varchar[]) as payload_hash, 'pending' as status,
                {attempts} as attempts, unnest($7::varchar[]) as batch_id, {first_sent_at} as first_sent_at,
                $9::timestamp as last_sent_at, $10 as run_id
            """.format(
                # most often all rows are new, and then so is this of all of them
                attempts="$6::integer" if is_new else "unnest($6::integer[])",
                first_sent_at="$8::timestamp" if is_new else "unnest($8::timestamp[])",
            ),
            [
                *(*self._account, entity, keys),
                [item.payload_hash for batch, _ in batches for item in batch.items],
                1 if is_new else [before.attempts + 1 for before in known],
                [batch.batch_id for batch, _ in batches for _ in batch.items],
                now if is_new else [before.first_sent_at or now for before in known],
                *(now, self._run_id),
            ],
        )

    def settle(self, verdicts: Sequence[Verdict]) -> None:
        """Notes what became of requests, of all their rows. Of several verdicts on a request the last one holds."""
        if not verdicts:
            return
        # a job may have ended before the ledger was told that it was taken
        jobs = {one.batch_id: one.remote_job_id for one in verdicts if one.remote_job_id is not None}
        verdicts = list({one.batch_id: one for one in verdicts}.values())
        batch_ids = [one.batch_id for one in verdicts]
        told = [_told(one.fault) for one in verdicts]
        self._connection.execute(
            """
            update ops.publish_ledger
            set
                status = ($2::varchar[])[list_position($1, batch_id)],
                http_status = ($3::integer[])[list_position($1, batch_id)],
                remote_job_id = coalesce(($4::varchar[])[list_position($1, batch_id)], remote_job_id),
                error_code = ($5::varchar[])[list_position($1, batch_id)],
                error_pointer = ($6::varchar[])[list_position($1, batch_id)],
                error_message = ($7::varchar[])[list_position($1, batch_id)]
            -- the bounds let the table's older parts be passed over
            where batch_id between $8 and $9
                and list_contains($1, batch_id)
                and destination = $10
                and account = $11
            """,
            [
                batch_ids,
                [one.status.value for one in verdicts],
                [one.http_status for one in verdicts],
                [jobs.get(batch_id) for batch_id in batch_ids],
                *map(list, zip(*told, strict=True)),
                *(min(batch_ids), max(batch_ids), *self._account),
            ],
        )

    def settle_rows(self, batch_id: str, faults: Sequence[tuple[str, Fault]], http_status: int | None) -> None:
        """Notes rows of a request that were refused, by their key, and why."""
        if not faults:
            return
        told = [_told(fault) for _, fault in faults]
        self._connection.execute(
            """
            update ops.publish_ledger
            set
                status = 'rejected', http_status = $1,
                error_code = told.error_code, error_pointer = told.error_pointer, error_message = told.error_message
            from (
                select
                    unnest($2::varchar[]) as sync_key, unnest($3::varchar[]) as error_code,
                    unnest($4::varchar[]) as error_pointer, unnest($5::varchar[]) as error_message
            ) as told
            where publish_ledger.sync_key = told.sync_key
                and publish_ledger.batch_id = $6
                and publish_ledger.destination = $7
                and publish_ledger.account = $8
            """,
            [
                *(http_status, [key for key, _ in faults]),
                *map(list, zip(*told, strict=True)),
                *(batch_id, *self._account),
            ],
        )

    def take_back(self, batch_id: str) -> None:
        """Notes that a request cannot have arrived: that attempt does not count."""
        self._connection.execute(
            """
            update ops.publish_ledger
            set attempts = greatest(attempts - 1, 0)
            where batch_id = ? and destination = ? and account = ?
            """,
            [batch_id, *self._account],
        )

    def refuse(self, entity: str, refusals: Sequence[Refusal], status: Status = Status.REJECTED) -> None:
        """Notes rows that are not sent, and why. With another status: rows that need not be sent.

        A row that was refused for the same reason before keeps the time when that was first found.
        """
        if not refusals:
            return
        refused = pa.table(
            {
                "sync_key": [one.sync_key for one in refusals],
                "payload_hash": [one.payload_hash for one in refusals],
                "error_code": [one.code for one in refusals],
                "error_pointer": pa.array([one.pointer for one in refusals], pa.string()),
            }
        )
        self._connection.register("refused", refused)
        self._connection.execute(
            """
            create or replace temp table refused_rows as
            select
                $1 as destination, $2 as account, refused.sync_key, $3 as entity, refused.payload_hash, $4 as status,
                0 as attempts, refused.error_code, refused.error_pointer,
                case when known.error_code = refused.error_code then known.first_sent_at else $5::timestamp end
                    as first_sent_at,
                $5::timestamp as last_sent_at, $6 as run_id
            from refused
            left join ops.publish_ledger as known
                on refused.sync_key = known.sync_key and known.destination = $1 and known.account = $2
            """,
            [*self._account, entity, status.value, naive_now(), self._run_id],
        )
        self._connection.unregister("refused")
        self._delete([one.sync_key for one in refusals])
        self._connection.execute("insert into ops.publish_ledger by name from refused_rows")
        self._connection.execute("drop table refused_rows")

    def refused_again(self, sync_keys: Sequence[str]) -> None:
        """Notes that rows which are not sent would be refused still, for the reason that is noted."""
        if sync_keys:
            self._connection.execute(
                """
                update ops.publish_ledger
                set last_sent_at = ?, run_id = ?
                where destination = ? and account = ? and sync_key in (select unnest(?))
                """,
                [naive_now(), self._run_id, *self._account, list(sync_keys)],
            )

    def mark(self, sync_keys: Sequence[str], status: Status, error_code: str | None) -> None:
        """Gives rows another status; what was sent of them stays noted."""
        if sync_keys:
            self._connection.execute(
                """
                update ops.publish_ledger
                set status = ?, error_code = ?, error_pointer = null, error_message = null, run_id = ?
                where destination = ? and account = ? and list_contains(?, sync_key)
                """,
                [status.value, error_code, self._run_id, *self._account, list(sync_keys)],
            )

    def interrupted(self, entities: Sequence[str]) -> int:
        """Parks rows whose request was under way when the process ended, where to send them again might double them.

        Returns:
            How many.
        """
        [(rows,)] = self._connection.execute(
            """
            update ops.publish_ledger
            set status = 'unknown', error_code = 'interrupted'
            where status = 'pending' and destination = ? and account = ? and list_contains(?, entity)
            """,
            [*self._account, list(entities)],
        ).fetchall()
        return int(rows)

    def open_jobs(self) -> list[tuple[str, str, str]]:
        """Requests of earlier runs that were taken, and whose jobs were never asked about: batch, job and entity."""
        return self._connection.execute(
            """
            select batch_id, remote_job_id, min(entity)
            from ops.publish_ledger
            where status = 'accepted' and remote_job_id is not null and destination = ? and account = ?
            group by batch_id, remote_job_id
            order by batch_id
            """,
            self._account,
        ).fetchall()

    def resolve(self, is_sent: bool, batch_id: str | None, sync_keys: Sequence[str] | None = None) -> int:
        """Ends the doubt about unknown rows, of one request or of all.

        Args:
            is_sent: They arrived; otherwise they did not, and are sent again.
            batch_id: Which request's; None for all.
            sync_keys: These alone; None for all.

        Returns:
            How many rows.
        """
        status, code = (Status.ACCEPTED, "resolved_as_sent") if is_sent else (Status.REJECTED, RESEND)
        [(rows,)] = self._connection.execute(
            """
            update ops.publish_ledger
            set
                status = ?, error_code = ?, error_pointer = null, error_message = null, run_id = ?,
                attempts = case when ? then attempts else 0 end
            where status = 'unknown' and destination = ? and account = ? and (? is null or batch_id = ?)
                and (? or sync_key in (select unnest(?::varchar[])))
            """,
            [
                *(status.value, code, self._run_id, is_sent, *self._account, batch_id, batch_id),
                *(sync_keys is None, list(sync_keys or ())),
            ],
        ).fetchall()
        return int(rows)

    def rows(self, entity: str | None = None) -> int:
        """How many objects the account has rows of."""
        [(count,)] = self._connection.execute(
            """
            select count(*) from ops.publish_ledger
            where destination = ? and account = ? and (? is null or entity = ?) and status <> 'rejected'
            """,
            [*self._account, entity, entity],
        ).fetchall()
        return int(count)

    def _delete(self, sync_keys: Sequence[str]) -> None:
        if sync_keys:
            self._connection.execute(
                """
                delete from ops.publish_ledger
                where destination = ? and account = ? and sync_key in (select unnest(?))
                """,
                [*self._account, list(sync_keys)],
            )


@dataclass
class RunRecord:
    """A row of `ops.publish_runs`: one account and entity in one run. Times are aware.

    Attributes:
        run_id: Later runs have later ones.
        destination: The tool.
        account: At the tool.
        organization_id: Whose.
        entity: The sync model without its prefix.
        started_at: When the run began with it.
        finished_at: None while it runs.
        requests: That were answered, polls not among them.
        sent_rows: Rows that were taken.
        unchanged_rows: Rows that are there already.
        rejected_rows: Rows refused in this run.
        unknown_rows: Rows of which in this run nobody could tell whether they arrived.
        conflict_rows: Rows found in this run that can no longer be changed.
        waiting_rows: Rows that wait for something.
        error: What stopped it.
    """

    run_id: str
    destination: str
    account: str
    organization_id: str
    entity: str
    started_at: datetime
    finished_at: datetime | None = None
    requests: int = 0
    sent_rows: int = 0
    unchanged_rows: int = 0
    rejected_rows: int = 0
    unknown_rows: int = 0
    conflict_rows: int = 0
    waiting_rows: int = 0
    error: str | None = None


def begin_run(connection: duckdb.DuckDBPyConnection, record: RunRecord) -> None:
    """Writes that an account's entity is being published."""
    ops.insert(connection, RUNS, RunRecord, [record])


def end_run(connection: duckdb.DuckDBPyConnection, record: RunRecord) -> None:
    """Writes how that ended."""
    connection.execute(
        "delete from ops.publish_runs where run_id = ? and destination = ? and account = ? and entity = ?",
        [record.run_id, record.destination, record.account, record.entity],
    )
    ops.insert(connection, RUNS, RunRecord, [record])


def last_run(connection: duckdb.DuckDBPyConnection, destination: str, account: str) -> tuple[str | None, int]:
    """The id of the last run of an account, and how many rows all its runs sent."""
    [(run_id, sent)] = connection.execute(
        "select max(run_id), coalesce(sum(sent_rows), 0) from ops.publish_runs where destination = ? and account = ?",
        [destination, account],
    ).fetchall()
    return run_id, int(sent)


def naive_now() -> datetime:
    """The time, in UTC without a zone, which is how every time is stored."""
    return datetime.now(UTC).replace(tzinfo=None)


def _told(fault: Fault | None) -> tuple[str | None, str | None, str | None]:
    return (None, None, None) if fault is None else (fault.code, fault.pointer, fault.message)
