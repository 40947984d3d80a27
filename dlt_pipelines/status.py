"""`matchback status`: the last load of each organization and source, and how far behind it is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from dlt_pipelines import console
from dlt_pipelines.config import Workspace
from dlt_pipelines.database import landed_rows
from dlt_pipelines.held_back import found_by_the_last_build
from dlt_pipelines.load import INBOX
from dlt_pipelines.organizations import Organization, left_out, read_organizations

# The newest load of each organization and source, with how far its orders were read and whether it is held back.
LAST_LOADS = """
select
    loads.organization_id,
    loads.source,
    loads.started_at,
    loads.finished_at,
    loads.rows_new,
    loads.retries,
    loads.throttled_seconds,
    loads.error
from ops.loads as loads
qualify row_number() over (partition by organization_id, source order by started_at desc, run_id) = 1
"""
READ_UP_TO = """
select organization_id, source, max(slice_to)
from ops.loads
where error is null
group by organization_id, source
"""
HELD = "select organization_id, held_since, reason from ops.quality_gate where is_held"


def show(workspace: Workspace, now: datetime | None = None) -> None:
    """Prints a line per organization and source.

    Args:
        workspace: Whose database.
        now: What “behind” is measured from, aware; None is the clock's.

    Raises:
        MatchbackError: The organizations cannot be read, or the database is in use.
    """
    at = now or datetime.now(UTC)
    loads = {(row[0], row[1]): row[2:] for row in landed_rows(workspace.database, LAST_LOADS)}
    read_up_to = {(row[0], row[1]): row[2] for row in landed_rows(workspace.database, READ_UP_TO)}
    held = {row[0]: row[1:] for row in landed_rows(workspace.database, HELD)}
    organizations, wrong = read_organizations(workspace.config), left_out(workspace.config)
    lines = [_line(name, source, load, read_up_to, at) for (name, source), load in sorted(loads.items())]
    console.table(
        "Last loads",
        [
            *(("organization", "left"), ("source", "left"), ("started (UTC)", "left"), ("new", "right")),
            *(("retries", "right"), ("throttled s", "right"), ("behind", "right"), ("outcome", "left")),
        ],
        lines,
    )
    for name, (since, reason) in sorted(held.items()):
        console.line(f"Stale: {name} is held back since {since:%Y-%m-%d %H:%M} UTC; not met: {reason}.")
    for one in found_by_the_last_build(workspace.database):
        console.line(f"Held back: {one.sentence()}")
    for organization in organizations:
        _say_what_is_missing(organization, loads, held)
    for problem in wrong:
        console.line(problem)
    for (name, source), load in sorted(loads.items()):
        if load[5]:
            console.line(f"Error of {_shown(name)}, {source}: {load[5]}")


def _line(
    name: str, source: str, load: tuple[Any, ...], read_up_to: dict[tuple[str, str], datetime | None], at: datetime
) -> list[str]:
    started_at, finished_at, rows_new, retries, throttled, error = load
    reached = read_up_to.get((name, source))
    behind = "" if reached is None else _duration(at - reached.replace(tzinfo=UTC))
    outcome = "failed" if error else "done" if finished_at else "under way, or cut off"
    return [
        *(_shown(name), source, f"{started_at:%Y-%m-%d %H:%M}", f"{rows_new:,}", f"{retries:,}"),
        *(f"{throttled:.0f}", behind, outcome),
    ]


def _say_what_is_missing(
    organization: Organization, loads: dict[tuple[str, str], tuple[Any, ...]], held: dict[str, tuple[Any, ...]]
) -> None:
    name = organization.organization_id
    if not organization.takes_orders:
        console.line(
            f"Stale: {name} is not loaded (status {organization.status}, sync_orders {organization.sync_orders}); it "
            "keeps its last verdicts."
        )
    elif organization.provider != "files" and (name, organization.provider) not in loads and name not in held:
        console.line(f"{name} was never loaded from {organization.provider}; `matchback doctor` says what is missing.")


def _shown(name: str) -> str:
    return "(inbox)" if name == INBOX else name


def _duration(time: timedelta) -> str:
    minutes = max(int(time.total_seconds() // 60), 0)
    if minutes < 120:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 72 * 60 else f"{minutes // 1440} d"
