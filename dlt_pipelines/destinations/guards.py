"""What stops a run before or after it has sent anything: a lost ledger, an extract that is suddenly empty, rejects."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import duckdb

from dlt_pipelines.config import Workspace
from dlt_pipelines.destinations import ledger as ledgers
from dlt_pipelines.destinations.ledger import Ledger, RunRecord
from dlt_pipelines.destinations.settings import DestinationSettings
from dlt_pipelines.errors import MatchbackError


def refuse_lost_ledger(
    workspace: Workspace, connection: duckdb.DuckDBPyConnection, ledger: Ledger, settings: DestinationSettings
) -> None:
    """Stops where the ledger is not the one of the last run: what it does not know would be sent again.

    Raises:
        MatchbackError: It is missing, empty or older.
    """
    told = read_last_runs(workspace, settings.tool).get(settings.account)
    known, sent = ledgers.last_run(connection, settings.tool, settings.account)
    if told is None and known is None:
        reason = "nothing was ever published, as far as the database and the outbox know"
    elif known is None or (told is not None and known < told):
        reason = f"the ledger in {workspace.database} is missing or older than the last run ({told})"
    elif sent and not ledger.rows():
        reason = f"the ledger in {workspace.database} is empty, although {sent:,} rows were sent"
    else:
        return
    raise MatchbackError(
        f"{settings.who}: {reason}. Bring the database of the last run back. If there truly was none, say so with "
        "--first-run: all is sent then, and what is there already may count twice."
    )


def refuse_empty_extract(ledger: Ledger, settings: DestinationSettings, entity: str, has_rows: bool) -> None:
    """Stops where there is nothing although there was something: a broken load looks like that.

    Raises:
        MatchbackError: There is nothing.
    """
    if has_rows or not ledger.rows(entity):
        return
    raise MatchbackError(
        f"{settings.who}: there is not one row of {entity}, although some were published before. Nothing is deleted "
        "there. Look into the last load and build (`matchback status`) before you publish again."
    )


def judge(records: Sequence[RunRecord], settings: DestinationSettings) -> None:
    """Fails a run in which too much was refused, or of which a person has to look at something.

    Raises:
        MatchbackError: It is so; what was sent stays sent.
    """
    rejected, unknown = sum(one.rejected_rows for one in records), sum(one.unknown_rows for one in records)
    tried = rejected + unknown + sum(one.sent_rows for one in records)
    told = f"`matchback publish {settings.tool} --status` and marts.fct_publish_rejects say which and why"
    if unknown:
        raise MatchbackError(
            f"{settings.who}: of {unknown:,} rows nobody knows whether they arrived; they are not sent again. {told}; "
            "when you have looked, end it with `--resolve sent` or `--resolve resend`."
        )
    if tried and rejected / tried > settings.max_reject_share:
        raise MatchbackError(
            f"{settings.who}: {rejected:,} of {tried:,} rows were refused, more than max_reject_share "
            f"({settings.max_reject_share:g}). {told}."
        )


def last_runs_file(workspace: Workspace, tool: str) -> Path:
    """Where the last run of each account is written down beside the database."""
    return workspace.outbox / tool / "last_runs.json"


def read_last_runs(workspace: Workspace, tool: str) -> dict[str, str]:
    """The id of the last run of each account.

    Raises:
        MatchbackError: The file cannot be read.
    """
    path = last_runs_file(workspace, tool)
    if not path.exists():
        return {}
    try:
        runs: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        raise MatchbackError(
            f"{path} is damaged. It says which run was the last; delete it if you know that the database is the newest."
        ) from None
    return runs


def remember_run(workspace: Workspace, settings: DestinationSettings, run_id: str) -> None:
    """Writes beside the database which run was the last, so that an old database that is brought back is known."""
    path = last_runs_file(workspace, settings.tool)
    runs = read_last_runs(workspace, settings.tool) | {settings.account: run_id}
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".new")
    new.write_text(json.dumps(runs, indent=2, sort_keys=True), encoding="utf-8")
    new.replace(path)
