"""`matchback run`: load, check, build, publish, copy. What fails is named, and everything else is done."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator

from dlt_pipelines import announcements, console, crashes, snapshot
from dlt_pipelines.build import CREDIT, build
from dlt_pipelines.config import Workspace
from dlt_pipelines.database import opened
from dlt_pipelines.errors import MatchbackError, UnforeseenError
from dlt_pipelines.load import INBOX, LoadReport, load
from dlt_pipelines.wording import shown


def load_and_report(
    workspace: Workspace,
    organization: str | None = None,
    source: str | None = None,
    reconcile: bool = False,
    accepted: Collection[str] = (),
) -> None:
    """Loads and prints what was loaded.

    Raises:
        MatchbackError: Something failed; the message lists it. The rest was loaded.
    """
    report = load(workspace, organization, source, reconcile=reconcile, accepted=accepted)
    show(report)
    if report.errors:
        raise _together([*map(MatchbackError, report.errors)])


def run(workspace: Workspace, tick: str | None = None, is_loss_accepted: bool = False) -> None:
    """Loads, checks, builds and publishes, whatever part of it failed.

    Between two copies of the marts only the credit is built, and what is published.

    Args:
        workspace: Whose.
        tick: Announce, under this name, that it is going to publish, instead of publishing (`announcements`).
        is_loss_accepted: With `tick`: the ledger of an earlier run may have been lost.

    Raises:
        MatchbackError: Something failed; the message lists it.
    """
    from dlt_pipelines.quality import check as checking

    errors = _load(workspace)
    with _noting(errors, workspace):
        checked = checking.check(workspace)
        checking.show(checked)
        errors += map(MatchbackError, checking.held_errors(checked))
    is_copied = snapshot.is_due(workspace)
    with _noting(errors, workspace):
        build(workspace, select=None if is_copied else f"{CREDIT} +path:models/exports")
        _show_waiting(workspace)
        # what was published is in the copy, too
        if tick is None:
            errors += publish(workspace)
        if is_copied:
            snapshot.snapshot(workspace)
        if tick is not None:
            announcements.announce(workspace, tick, is_loss_accepted)
    if errors:
        raise _together(errors)


def publish_announced(workspace: Workspace, tick: str) -> None:
    """Publishes what is due, as announced.

    Raises:
        MatchbackError: It was not announced, or something failed; the message lists it.
    """
    announcements.take(workspace, tick)
    if errors := publish(workspace):
        raise _together(errors)


def _load(workspace: Workspace) -> list[MatchbackError]:
    """Loads, and prints what was loaded; returns what failed.

    Raises:
        MatchbackError: The database, the disk or the configuration refuse, so nothing else can be done either.
    """
    errors: list[MatchbackError] = []
    with _noting(errors, workspace):
        report = load(workspace)
        show(report)
        return [*map(MatchbackError, report.errors)]
    if not isinstance(errors[0], UnforeseenError):
        raise errors[0]
    return errors


@contextlib.contextmanager
def _noting(errors: list[MatchbackError], workspace: Workspace) -> Iterator[None]:
    """Notes what fails, also what nobody foresaw, so that the rest is done."""
    try:
        yield
    except Exception as problem:
        errors.append(crashes.in_words(problem, workspace))


def check_and_report(workspace: Workspace) -> None:
    """Judges what was landed and what would be published, and prints what was found.

    Raises:
        MatchbackError: An organization is held back; the message lists it and why.
    """
    from dlt_pipelines.quality import check as checking
    from dlt_pipelines.quality import outgoing

    checked = checking.check(workspace)
    checking.show(checked)
    outgoing.judge_all(workspace)
    if errors := checking.held_errors(checked):
        raise _together([*map(MatchbackError, errors)])


def show(report: LoadReport) -> None:
    """Prints what a load did: rows per organization, and what was left out."""
    console.table(
        "Loaded",
        [("organization", "left"), ("source", "left"), ("rows read", "right"), ("new", "right"), ("seconds", "right")],
        [
            [
                "(inbox)" if record.organization_id == INBOX else record.organization_id,
                *(record.source, f"{record.rows_read:,}", f"{record.rows_new:,}", f"{record.duration_seconds:.1f}"),
            ]
            for record in report.records
        ],
    )
    for warning in report.warnings:
        console.line(f"Warning: {warning}")


def publish(workspace: Workspace) -> list[MatchbackError]:
    """Publishes to each tool for the organizations that are due; one that fails is named, and the next one follows.

    Returns:
        What failed.
    """
    from dlt_pipelines.destinations import command

    return [MatchbackError(sentence) for sentence in command.publish_due(workspace)]


def _show_waiting(workspace: Workspace) -> None:
    """Prints how many recipients take part in nothing yet, and what they wait for."""
    missing = {
        "no_campaign": "the campaign is in no file of campaigns/",
        "no_arm": "no file of recipients/ gives created_at and is_holdout",
    }
    with opened(workspace) as connection:
        waiting = connection.execute(
            """
            select organization_id, campaign_id, reason, count(*)
            from intermediate.int_recipients__waiting
            group by all
            order by all
            """
        ).fetchall()
    for organization_id, campaign_id, reason, recipients in waiting:
        console.line(
            f"Warning: {recipients:,} recipients of '{shown(campaign_id)}' of organization {organization_id} wait: "
            f"{missing[reason]}."
        )


def _together(errors: list[MatchbackError]) -> MatchbackError:
    if len(errors) == 1:
        return MatchbackError.of_all(f"{errors[0]} Everything else was done.", errors)
    listed = "\n".join(f"- {error}" for error in errors)
    return MatchbackError.of_all(f"{len(errors)} problems; everything else was done:\n{listed}", errors)
