"""`matchback explain`: why an order got the verdict it has. No name, no e-mail; addresses only where they compete."""

from __future__ import annotations

from datetime import datetime

from dlt_pipelines import console
from dlt_pipelines.config import Workspace
from dlt_pipelines.database import opened
from dlt_pipelines.errors import MatchbackError

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


def explain(workspace: Workspace, organization_id: str, order_id: str) -> None:
    """Prints an order, its verdict, and every candidate in the order of their rank.

    Raises:
        MatchbackError: There is no such order.
    """
    with opened(workspace) as connection:
        order = connection.execute(
            """
            select
                ordered_at, currency, total_amount, net_amount, attribution_status, reason, match_method, campaign_id,
                recipient_id, days_since_window_start
            from marts.fct_order_attributions
            where organization_id = ? and order_id = ?
            """,
            [organization_id, order_id],
        ).fetchone()
        if order is None:
            raise MatchbackError(
                f"The organization {organization_id!r} has no order {order_id!r} in {workspace.database}. Check both, "
                "and that it was loaded and built (`matchback run`)."
            )
        candidates = connection.execute(
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
    ordered_at, currency, total, net, status, reason, method, campaign, recipient, days = order
    console.line(
        f"Order {order_id} of {organization_id}, {ordered_at:%Y-%m-%d %H:%M:%S} UTC, {total:.2f} {currency} "
        f"(net {net:.2f})"
    )
    console.line(f"Verdict: {status}" + (f", because {REASONS.get(reason, reason)} ({reason})" if reason else ""))
    if method:
        whom = f"recipient {recipient}" if recipient else "no single recipient"
        console.line(f"Winner: campaign {campaign}, {whom}, by {method}, {days} days after the window opened")
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
