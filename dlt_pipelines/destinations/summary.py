"""What people see of publishing: what a run did, and how the ledger stands."""

from __future__ import annotations

from typing import Any

from dlt_pipelines import console
from dlt_pipelines.config import Workspace
from dlt_pipelines.database import landed_rows
from dlt_pipelines.destinations.account import PublishReport
from dlt_pipelines.destinations.publishing import known_publication

COUNTS = ("requests", "sent", "unchanged", "waiting", "rejected", "unknown", "conflict")
BY_STATUS = """
select account, entity, status, count(*), max(last_sent_at)
from ops.publish_ledger
where destination = ?
group by all
order by all
"""
REASONS = """
select account, entity, status, coalesce(error_code, ''), coalesce(error_pointer, ''), count(*), max(last_sent_at)
from ops.publish_ledger
where destination = ? and status in ('rejected', 'unknown', 'conflict')
group by all
order by count(*) desc, account, entity, status
limit 20
"""
UNKNOWN = """
select account, batch_id, entity, count(*), max(last_sent_at)
from ops.publish_ledger
where destination = ? and status = 'unknown'
group by all
order by batch_id
"""
# why a row waits, in words
WAITING = {
    "too_old": "rows happened longer ago than backfill_after_days; they go with --backfill",
    "waiting": "rows wait for another to be taken: a refund for its order, say",
    "given_up": "rows were refused max_attempts times and are not sent again until they change",
    "parked": "rows are unknown or in conflict; --status lists them",
    "refused_before": "rows are refused before they are sent, as in the run before",
    "carried": "refunds were subtracted with a cancellation that was sent before",
}


def show(report: PublishReport, tool: str) -> None:
    """Prints what a run did: a line per organization and entity, and why rows wait."""
    label = known_publication(tool).label
    is_dry = report.requests_file is not None
    console.table(
        f"{'Would publish' if is_dry else 'Published'} to {label}",
        [("organization", "left"), ("entity", "left"), *((name, "right") for name in COUNTS)],
        [
            [
                *(one.organization_id, one.entity),
                *(f"{one.requests:,}", f"{one.sent_rows:,}", f"{one.unchanged_rows:,}", f"{one.waiting_rows:,}"),
                *(f"{one.rejected_rows:,}", f"{one.unknown_rows:,}", f"{one.conflict_rows:,}"),
            ]
            for one in report.records
        ],
    )
    for record, decisions in zip(report.records, report.decisions, strict=True):
        for decision, words in WAITING.items():
            if rows := decisions.get(decision):
                console.line(f"{record.organization_id}, {record.entity}: {rows:,} {words}.")
    if report.refusals:
        console.table(
            "Would be refused",
            [*((name, "left") for name in ("organization", "entity", "reason", "field")), ("rows", "right")],
            [[*names, f"{rows:,}"] for names, rows in sorted(report.refusals.items())],
        )
    for objection in report.objections:
        console.line(f"With --send: {objection}")
    if report.requests_file:
        console.line(
            f"Nothing was sent. {report.requests:,} requests are in {report.requests_file}; `--send` makes them."
        )


def show_reasons(workspace: Workspace, tool: str) -> None:
    """Prints the most frequent reasons for which rows are not where they should be."""
    rows = landed_rows(workspace.database, REASONS, [tool])
    if rows:
        console.table(
            "Not there as they should be",
            [
                *(("account", "left"), ("entity", "left"), ("status", "left"), ("reason", "left"), ("field", "left")),
                *(("rows", "right"), ("last seen (UTC)", "left")),
            ],
            [[*map(str, row[:5]), f"{row[5]:,}", f"{row[6]:%Y-%m-%d %H:%M}"] for row in rows],
        )


def show_status(workspace: Workspace, tool: str) -> None:
    """Prints how the ledger of a tool stands."""
    publication = known_publication(tool)
    console.line(f"{publication.label}; {publication.owner} answers for it.")
    rows = landed_rows(workspace.database, BY_STATUS, [tool])
    if not rows:
        console.line("Nothing was ever published there.")
        return
    console.table(
        "Ledger",
        [("account", "left"), ("entity", "left"), ("status", "left"), ("rows", "right"), ("last sent (UTC)", "left")],
        [[account, entity, status, f"{count:,}", _time(at)] for account, entity, status, count, at in rows],
    )
    show_reasons(workspace, tool)
    for account, batch_id, entity, count, at in landed_rows(workspace.database, UNKNOWN, [tool]):
        console.line(
            f"Unknown: {count:,} {entity} of {account}, batch {batch_id}, {_time(at)}. See whether they are there, "
            f"then `matchback publish {tool} --resolve sent|resend --batch {batch_id}`."
        )


def _time(instant: Any) -> str:
    return f"{instant:%Y-%m-%d %H:%M}"
