"""Publishing where the database lives elsewhere between two runs, in a store: no run trusts a ledger that was lost.

A run announces in the database that it is going to publish, the database goes to the store, and only then the run
publishes. What it sent is known once the database, without the announcement, is in the store again. So who gets a
database with another run's announcement knows that its ledger may lack what that run sent.
"""

from __future__ import annotations

from datetime import UTC, datetime

from dlt_pipelines import ops
from dlt_pipelines.config import Workspace
from dlt_pipelines.database import opened_for_writing
from dlt_pipelines.errors import MatchbackError
from dlt_pipelines.wording import shown

TABLE = "announced_publishing"


def announce(workspace: Workspace, tick: str, is_loss_accepted: bool = False) -> None:
    """Writes that a run is going to publish once the database is safe.

    Args:
        workspace: Whose database.
        tick: A name of the run that no other has.
        is_loss_accepted: What a run sent whose ledger was lost may be sent again.

    Raises:
        MatchbackError: Another run's announcement stands, so its ledger was lost.
    """
    with opened_for_writing(workspace) as connection:
        ops.ensure_tables(connection, TABLE)
        if is_loss_accepted:
            connection.execute(f"delete from ops.{TABLE}")
        others = connection.execute(f"select tick, announced_at from ops.{TABLE} where tick <> ?", [tick]).fetchall()
        for other, announced_at in others:
            raise MatchbackError(
                f"Nothing is published: the run {shown(other)} was going to publish at {announced_at:%Y-%m-%d %H:%M} "
                "UTC, and the database of after that was not saved, so nobody knows what it sent. See in the tools "
                "what arrived (docs/publishing.md), then run once with --ledger-lost: what that run sent is sent again."
            )
        connection.execute(f"delete from ops.{TABLE}")
        connection.execute(f"insert into ops.{TABLE} values (?, ?)", [tick, ops.naive(datetime.now(UTC))])


def take(workspace: Workspace, tick: str) -> None:
    """Takes a run's own announcement away, here and now; in the store it stands until the database is saved again.

    Raises:
        MatchbackError: It did not announce itself.
    """
    with opened_for_writing(workspace) as connection:
        ops.ensure_tables(connection, TABLE)
        found = connection.execute(f"select tick from ops.{TABLE}").fetchall()
        if found != [(tick,)]:
            raise MatchbackError(f"Nothing is published: the run {shown(tick)} did not announce that it would.")
        connection.execute(f"delete from ops.{TABLE}")
