"""What is to be sent: the rows of a sync model beside the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb
import polars as pl

# rows that are in memory at a time
CHUNK_ROWS = 10_000

# Each row with what is to be done about it, first reason that holds.
#   unchanged      the destination has it as it is
#   conflict       it was sent, is another now, and cannot be changed
#   settled        it was in conflict and is again what was sent
#   parked         nobody knows whether it arrived, or it is in conflict as before: a person decides
#   too_old        only `--backfill` sends it
#   refused_before it was refused for this reason before it was sent, and is no other
#   refuse         it is to be refused, for the model's reason
#   given_up       the destination refused it as often as it may
#   carried        a cancellation took its amount along
#   waiting        what it depends on is not there
#   send           all others
DECIDED = """
create or replace temp table decided as
select
    rows_to_sync.sync_key,
    rows_to_sync.payload_hash,
    rows_to_sync.reject_reason,
    rows_to_sync.occurred_at,
    coalesce(known.attempts, 0) * (known.payload_hash is not distinct from rows_to_sync.payload_hash)::int as attempts,
    known.first_sent_at,
    known.sync_key is not null as is_known,
    known.status in ('accepted', 'confirmed') as is_there,
    case
        when known.status in ('accepted', 'confirmed')
            and (known.payload_hash = rows_to_sync.payload_hash or known.error_code = 'carried_by_cancellation')
            then 'unchanged'
        when known.status in ('accepted', 'confirmed') and $is_immutable then 'conflict'
        when known.status = 'conflict' and known.payload_hash = rows_to_sync.payload_hash then 'settled'
        when known.status in ('conflict', 'unknown') then 'parked'
        when known.sync_key is null and rows_to_sync.occurred_at < $oldest then 'too_old'
        when rows_to_sync.reject_reason is not null then
            case
                when known.status = 'rejected' and known.payload_hash = rows_to_sync.payload_hash
                    and known.error_code = rows_to_sync.reject_reason
                    then 'refused_before'
                else 'refuse'
            end
        when known.status = 'rejected' and known.payload_hash = rows_to_sync.payload_hash
            and known.attempts = 0 and known.http_status is null and known.error_code not in ('resend', 'not_sent')
            and not $is_chosen
            then 'refused_before'
        when known.status = 'rejected' and known.payload_hash = rows_to_sync.payload_hash
            and known.attempts >= $max_attempts
            then 'given_up'
        -- not one that was sent before: the cancellation left its amount out
        when carrier.status in ('pending', 'accepted', 'confirmed', 'unknown', 'conflict') and known.batch_id is null
            then 'carried'
        when rows_to_sync.depends_on_key is not null and needed.sync_key is null and promised.sync_key is null
            then 'waiting'
        else 'send'
    end as decision
from exports.{model} as rows_to_sync
left join ledger_rows as known on rows_to_sync.sync_key = known.sync_key
left join ledger_rows as carrier on rows_to_sync.carried_by_key = carrier.sync_key
left join ledger_rows as needed
    on rows_to_sync.depends_on_key = needed.sync_key
    and needed.status in ('accepted', 'confirmed', 'conflict')
left join promised on rows_to_sync.depends_on_key = promised.sync_key
where rows_to_sync.organization_id = $organization_id
    and rows_to_sync.send_order = $send_order
    and (not $is_chosen or list_contains($order_ids, rows_to_sync.order_id))
"""
OUTGOING = """
create or replace temp table outgoing as
select
    rows_to_sync.*,
    decided.attempts,
    decided.first_sent_at,
    decided.is_known,
    decided.is_there
from exports.{model} as rows_to_sync
inner join decided on rows_to_sync.sync_key = decided.sync_key
where decided.decision = 'send'
-- a table keeps the order in which it is filled
order by decided.is_there, decided.occurred_at, decided.sync_key
"""


@dataclass(frozen=True)
class Choice:
    """Which rows are looked at, and how.

    Attributes:
        organization_id: Whose.
        is_immutable: Whether what was sent cannot be changed.
        max_attempts: How often a payload that is refused is sent.
        oldest: Rows that happened before and were never sent are left; UTC without a zone, None for none.
        order_ids: These orders alone; None for all.
    """

    organization_id: str
    is_immutable: bool
    max_attempts: int
    oldest: datetime | None
    order_ids: tuple[str, ...] | None


class Plan:
    """What of one account is to be sent, found in a database of its own session: temporary tables are nobody else's."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, destination: str, account: str) -> None:
        """Sees the ledger as it stands whenever it is asked."""
        self._connection = connection
        quoted = [value.replace("'", "''") for value in (destination, account)]
        connection.execute(
            f"""
            create or replace temp view ledger_rows as
            select * from ops.publish_ledger where destination = '{quoted[0]}' and account = '{quoted[1]}'
            """
        )
        connection.execute("create or replace temp table promised (sync_key varchar)")

    def send_orders(self, model: str, organization_id: str) -> list[int]:
        """The steps in which a model's rows are sent."""
        found = self._connection.execute(
            f"select distinct send_order from exports.{model} where organization_id = ? order by 1", [organization_id]
        ).fetchall()
        return [step for (step,) in found]

    def decide(self, model: str, send_order: int, choice: Choice) -> dict[str, int]:
        """Decides about the rows of a step.

        Returns:
            How many rows each decision has.
        """
        self._connection.execute(
            DECIDED.format(model=model),
            {
                "organization_id": choice.organization_id,
                "send_order": send_order,
                "is_immutable": choice.is_immutable,
                "max_attempts": choice.max_attempts,
                "oldest": choice.oldest,
                "is_chosen": choice.order_ids is not None,
                "order_ids": list(choice.order_ids or ()),
            },
        )
        return dict(self._connection.execute("select decision, count(*) from decided group by all").fetchall())

    def rows(self, decision: str) -> list[tuple[Any, ...]]:
        """Key, hash and the model's reason of the rows with a decision."""
        return self._connection.execute(
            "select sync_key, payload_hash, reject_reason from decided where decision = ? order by sync_key", [decision]
        ).fetchall()

    def promise(self) -> None:
        """Takes what is to be sent for sent, as a dry run does."""
        self._connection.execute("insert into promised select sync_key from decided where decision = 'send'")

    def outgoing(self, model: str) -> Iterator[pl.DataFrame]:
        """What is to be sent, in the order in which it happened and some thousand rows at a time.

        Yields:
            Rows of the model with `attempts`, `first_sent_at`, `is_known` and `is_there` of the ledger.
        """
        self._connection.execute(OUTGOING.format(model=model))
        [(rows,)] = self._connection.execute("select count(*) from outgoing").fetchall()
        for start in range(0, rows, CHUNK_ROWS):
            chunk = self._connection.sql(
                "select * from outgoing where rowid >= ? and rowid < ? order by rowid",
                params=[start, start + CHUNK_ROWS],
            )
            yield pl.DataFrame(chunk.to_arrow_table())
        self._connection.execute("drop table outgoing")
