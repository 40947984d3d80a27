"""`matchback explain`: why an order got the verdict it has. No name, no e-mail; addresses only where they compete."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from dlt_pipelines import console
from dlt_pipelines.config import Workspace
from dlt_pipelines.database import landed_rows, opened_marts
from dlt_pipelines.errors import MatchbackError
from dlt_pipelines.ops import naive
from dlt_pipelines.wording import shown

# what a reason means, in the words of docs/credit.md
REASONS = {
    "test_order": "the shop marked it as a test",
    "company_email": "its e-mail is the organization's own",
    "excluded_party": "the buyer or the recipient is among the exclusions",
    "order_cancelled": "it was cancelled",
    "before_window": "it came too soon after the mailing (min_age_days)",
    "after_window": "it came too late after the mailing (window_days)",
    "blackout_period": "it fell into a blackout period",
    "below_minimum": "its total is below the campaign's minimum",
}


NO_LAUNCH = (
    "the codes of the campaign '{campaign}' can match no order, for it has no launched_at; state it in campaigns/."
)
WITHOUT_LAUNCH = """
select organization_id, campaign_id
from marts.dim_campaigns
where discount_codes <> '' and launched_at is null
order by organization_id, campaign_id
"""


def without_launch(database: Path) -> list[tuple[Any, ...]]:
    """The campaigns, by organization, that list codes which can match nothing; none before the first build.

    Raises:
        MatchbackError: Another process is writing the database.
    """
    return landed_rows(database, WITHOUT_LAUNCH)


def explain(workspace: Workspace, organization_id: str, order_id: str, as_of: datetime | None = None) -> None:
    """Prints an order, its verdict, every candidate in the order of their rank, and how the verdict came about.

    Args:
        workspace: Whose database; while it is being written, the copy of its marts.
        organization_id: Whose order.
        order_id: Which.
        as_of: Print what was said of it then; candidates are those of now, so they are left out.

    Raises:
        MatchbackError: There is no such order, or nothing had been said of it yet.
    """
    with opened_marts(workspace) as connection:
        history = _history(connection, organization_id, order_id)
        if as_of is not None:
            history = [event for event in history if event["decided_at"] <= naive(as_of)]
        if not history:
            then = f" at {as_of:%Y-%m-%d %H:%M:%S} UTC" if as_of else ""
            raise MatchbackError(
                f"The organization '{shown(organization_id)}' had no order '{shown(order_id)}'{then} in "
                f"{workspace.database}. Check both, and that it was loaded and built (`matchback run`)."
            )
        candidates = [] if as_of else _candidates(connection, organization_id, order_id)
        unlaunched = _without_launch(connection, organization_id)
    last = history[-1]
    if last["is_withdrawn"]:
        console.line(f"Order {order_id} of {organization_id} is gone from its source.")
    else:
        _show_verdict(organization_id, order_id, last)
        if as_of is None:
            _show_candidates(last["attribution_status"], candidates)
            if last["attribution_status"] == "unmatched":
                for campaign_id in unlaunched:
                    console.line(f"Note: {NO_LAUNCH.format(campaign=shown(campaign_id))}")
    _show_history(history)


def _without_launch(connection: duckdb.DuckDBPyConnection, organization_id: str) -> list[str]:
    try:
        return [one[1] for one in connection.execute(WITHOUT_LAUNCH).fetchall() if one[0] == organization_id]
    except duckdb.CatalogException:
        # of a build of the credit alone
        return []


def _history(connection: duckdb.DuckDBPyConnection, organization_id: str, order_id: str) -> list[dict[str, Any]]:
    """The events of an order, first to last."""
    found = connection.execute(
        """
        from marts.fct_attribution_events
        where organization_id = ? and order_id = ?
        order by event_number
        """,
        [organization_id, order_id],
    )
    names = [column[0] for column in found.description or []]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _candidates(connection: duckdb.DuckDBPyConnection, organization_id: str, order_id: str) -> list[tuple[Any, ...]]:
    return connection.execute(
        """
        select
            match_rank, match_method, matched_on, match_reason, campaign_id, recipient_id, window_start_at,
            timing_status, lost_reason, competing_recipients
        from marts.fct_match_candidates
        where organization_id = ? and order_id = ?
        order by match_rank nulls last, match_method, campaign_id, recipient_id
        """,
        [organization_id, order_id],
    ).fetchall()


def _show_verdict(organization_id: str, order_id: str, said: dict[str, Any]) -> None:
    console.line(
        f"Order {order_id} of {organization_id}, {said['ordered_at']:%Y-%m-%d %H:%M:%S} UTC, "
        f"{said['total_amount']:.2f} {said['currency']} (net {said['net_amount']:.2f})"
    )
    reason = said["reason"]
    because = f", because {REASONS.get(reason, reason)} ({reason})" if reason else ""
    console.line(f"Verdict: {said['attribution_status']}{because}")
    if said["match_method"]:
        whom = f"recipient {said['recipient_id']}" if said["recipient_id"] else "no single recipient"
        console.line(
            f"Winner: campaign {said['campaign_id']}, {whom}, by {said['match_method']}, "
            f"{said['days_since_window_start']} days after the window opened"
        )


def _show_candidates(status: str, candidates: list[tuple[Any, ...]]) -> None:
    console.line()
    if not candidates:
        console.line("No recipient or code matched it." if status != "excluded" else "It took part in no matching.")
        return
    columns = "rank,method,matched on,what matched,campaign,recipient,window start,timing,outcome".split(",")
    console.table(
        "Candidates",
        [(name, "right" if name == "rank" else "left") for name in columns],
        [_candidate_row(*candidate) for candidate in candidates],
    )


def _show_history(history: list[dict[str, Any]]) -> None:
    console.line()
    columns = ("decided at", "what changed", "verdict", "reason", "campaign", "recipient", "method", "net")
    console.table(
        "What was said of it",
        [(name, "right" if name == "net" else "left") for name in columns],
        [
            [
                f"{event['decided_at']:%Y-%m-%d %H:%M:%S}",
                event["changed_input"],
                "withdrawn" if event["is_withdrawn"] else event["attribution_status"],
                *(event[name] or "" for name in ("reason", "campaign_id", "recipient_id", "match_method")),
                "" if event["net_amount"] is None else f"{event['net_amount']:.2f}",
            ]
            for event in history
        ],
    )


def _candidate_row(
    rank: int | None,
    method: str,
    matched_on: str,
    match_reason: str,
    campaign: str,
    recipient: str | None,
    window_start_at: datetime,
    timing: str,
    lost_reason: str | None,
    competing_recipients: int | None,
) -> list[str]:
    whom = recipient or (f"{competing_recipients} compete" if competing_recipients else "")
    return [
        *(str(rank or ""), method, matched_on, match_reason, campaign, whom),
        *(f"{window_start_at:%Y-%m-%d %H:%M}", timing, lost_reason or "wins"),
    ]
